"""Every kind of fault, its stable code and its words: Chinese first, a short English beside it.

F1 files · F2 the form of a bill · F3 what a bill says · F4 settling · P1 a pack's files and form ·
P2 what a pack says · S the service. docs/reference/faults.md is generated from here.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FaultKind:
    """The words of one kind; `{…}` are filled in by whoever finds the fault."""

    what: str
    why: str
    mend: str
    english: str


FAULT_KINDS: dict[str, FaultKind] = {
    # F1 files
    "F101": FaultKind(
        "文件打不开：{reason}",
        "没有读到内容，不能结算。",
        "检查路径和读取权限。",
        "the file cannot be opened",
    ),
    "F102": FaultKind(
        "文件有 {size} MB，超过上限 {limit} MB",
        "过大的文件会占满内存，多半是选错了文件。",
        "拆成几个文件，或改用批量结算。",
        "the file is larger than the limit",
    ),
    "F103": FaultKind(
        "文件不是 UTF-8 编码（第 {position} 字节）",
        "编码不明，文字和金额可能读错。",
        "另存为 UTF-8 后重试。",
        "the file is not UTF-8",
    ),
    "F104": FaultKind(
        "{language} 格式读不懂：{reason}",
        "格式不完整，后面的内容无法确定。",
        "按所指位置补全括号、引号、逗号或缩进。",
        "the text is not well-formed JSON or YAML",
    ),
    "F105": FaultKind(
        "键“{key}”在同一处出现两次",
        "不知道以哪一个为准。",
        "删去其中一个。",
        "a key stands twice in one place",
    ),
    "F106": FaultKind(
        "使用了 YAML 的锚点或别名“{name}”",
        "别名可以把几行文字展开成几个 GB，这里不接受。",
        "把内容直接写在用到的地方。",
        "YAML anchors and aliases are not accepted",
    ),
    "F107": FaultKind(
        "嵌套超过 {limit} 层",
        "正常的账单和政策包没有这么深的嵌套。",
        "检查是否多写了括号或缩进。",
        "nested too deeply",
    ),
    "F108": FaultKind(
        "文件里没有内容",
        "空文件不是账单，也不是政策包。",
        "检查是否选错了文件。",
        "the file is empty",
    ),
    "F109": FaultKind(
        "文件里既没有 lines，也没有 bills",
        "一个文件放一张账单；几张账单放进 bills 列表。",
        "按账单格式改写；格式见 `doudi pack schema --bill`。",
        "the file holds neither a bill nor a list of bills",
    ),
    "F110": FaultKind(
        "{name}有 {count} 个，超过上限 {limit} 个",
        "这么多会占满内存，多半是选错了文件。",
        "检查文件；内容确实多的，拆成几个文件。",
        "the file holds more values than the limit",
    ),
    "F111": FaultKind(
        "错误太多，从这里起不再列出",
        "后面的多半是同一种错误。",
        "先改好前面列出的，再运行一次。",
        "too many faults: the rest is not listed",
    ),
    # F12x tables: fee lists, catalogues, mappings
    "F120": FaultKind(
        "读不懂这张表：{reason}",
        "读不懂的表不能猜，费用会错。",
        "{mend_}",
        "a file that is no table that can be read",
    ),
    "F121": FaultKind(
        "{name}有 {count}，超过上限 {limit}",
        "正常的清单没有这么大，多半是格式错了或文件有问题。",
        "删去多余的行列，或拆成几个文件。",
        "a table larger than any real one",
    ),
    "F122": FaultKind(
        "文字的编码不是 UTF-8，也不是 GBK（第 {position} 个字节）",
        "编码不对，中文就成了乱码。",
        "另存为 UTF-8 的 CSV，或 .xlsx。",
        "a table in neither UTF-8 nor GBK",
    ),
    "F123": FaultKind(
        "没有找到列：{columns}",
        "{seen}",
        "改表头，或用 --columns 写明哪一列是什么。",
        "a table without the columns that are needed",
    ),
    "F124": FaultKind(
        "“{key}”有两列可以对上：{columns}",
        "不知道用哪一列，不能猜。",
        "删去一列，或用 --columns 写明用哪一列。",
        "two columns for one thing",
    ),
    "F125": FaultKind(
        "数据里有合并的单元格：{ranges}",
        "合并的格子属于哪一行，说不清。",
        "取消合并，每一行都填上。",
        "merged cells among the rows",
    ),
    "F126": FaultKind(
        "公式没有算出值：{cells}",
        "程序不算表格里的公式。",
        "用表格软件打开再保存一次，或把公式粘贴成数值。",
        "formulas without values",
    ),
    "F127": FaultKind(
        "“{value}”超过 15 位，已不是原来的数",
        "表格软件只保留 15 位，长的编码存成数，后面几位就变成了别的。",
        "把这一列设成文本，重新填编码。",
        "a number of which the spreadsheet has lost digits",
    ),
    "F128": FaultKind(
        "合计行是 {stated} 元，各行相加是 {sum} 元，相差 {gap} 元",
        "少了行，或者有的金额不对。",
        "核对清单是否完整，再导出一次。",
        "a total line that is not the sum of the lines",
    ),
    "F129": FaultKind(
        "有几个工作表都像：{sheets}",
        "不知道用哪一个，不能猜。",
        "只留一个，其余的删去或隐藏。",
        "several sheets that fit",
    ),
    "F130": FaultKind(
        "{reason}",
        "费用行来自费用清单，就诊文件只写患者、医院、日期。",
        "就诊文件写成不带 lines 的账单。",
        "a visit file that is none, or brings lines",
    ),
    "F131": FaultKind(
        "平台的分解不全，缺 {columns}",
        "四项要么都有，要么都没有；缺的不能当作零。",
        "补上；没有写 0。",
        "the platform's parts are not all there",
    ),
    "F132": FaultKind(
        "列名对应：{reason}",
        "可以写的键：{keys}。",
        "改成可以写的键。",
        "a column map with a key that is none",
    ),
    "F133": FaultKind(
        "表头下面没有费用行",
        "空的清单多半是导出时条件选错了。",
        "核对导出的日期和就诊号。",
        "a fee list without lines",
    ),
    "F134": FaultKind(
        "费用清单没有说是谁的、哪一次就医",
        "患者、医院、日期不在清单里。",
        "另写一个就诊文件（不带 lines 的账单），用 --visit 带上。",
        "a fee list without its visit",
    ),
    "F135": FaultKind(
        "写不出文件：{reason}",
        "什么都没有写。",
        "检查文件夹在不在、能不能写；文件在表格软件里开着的，先关上。",
        "the file cannot be written",
    ),
    "F136": FaultKind(
        "“{page}”有 {count} 行，一张表最多 {limit} 行",
        "再长的表，表格软件打不开，写出来也读不回去。什么都没有写。",
        "少给几张账单，分几次写。",
        "a table that would be longer than any can be",
    ),
    # F2 the form of a bill
    "F201": FaultKind(
        "缺少“{key}”",
        "缺少的内容不能当作零，也不能猜。",
        "补上“{key}”：{expected}。",
        "a required key is missing",
    ),
    "F202": FaultKind(
        "不认识的键“{key}”",
        "写错的键会让内容悄悄丢失。{near}",
        "改成正确的键；医院自有内容放进 attributes。",
        "an unknown key",
    ),
    "F203": FaultKind(
        "“{value}”不是{expected}",
        "内容的类型不对，不能当作别的值用。",
        "改成{expected}。",
        "a value of the wrong form",
    ),
    "F204": FaultKind(
        "“{value}”的小数超过 {places} 位",
        "多出的小数若被舍去，就差一分也说不清。",
        "按 {places} 位小数填写。",
        "more decimals than the field carries",
    ),
    "F205": FaultKind(
        "时间“{value}”没有时区",
        "没有时区就不能确定是哪一天，跨午夜时身份和年度都会变。",
        "写成 2019-05-01T08:30:00+08:00，或只写日期。",
        "a date-time without an offset",
    ),
    "F206": FaultKind(
        "“{value}”超出可以核算的范围（±{limit}）",
        "这样大的数不会出现在一张账单上，各种计算方式也不能保证一致。",
        "检查小数点和单位（元，不是分）。",
        "an amount beyond what every reading can carry",
    ),
    "F207": FaultKind(
        "“{value}”不能小于 0",
        "{name}没有负数；退费用负的数量并注明 refunds。",
        "改成 0 或正数。",
        "a value that cannot be negative is",
    ),
    "F208": FaultKind(
        "比例“{value}”不在 0 到 1 之间",
        "先行自付比例写成小数，10% 写 0.10。",
        "改成 0 到 1 之间的小数。",
        "a rate outside 0 to 1",
    ),
    "F209": FaultKind(
        "person.id 是一个身份证号",
        "结算结果会原样打印 person.id，身份证号不能这样流出去。",
        "person.id 用登记系统自己的编号；身份证号放进 id_number，不会打印。",
        "person.id is an identity number",
    ),
    # F3 what a bill says
    "F301": FaultKind(
        "就诊号“{visit}”出现两次",
        "同一次就诊不能结算两次，不知道以哪一张为准。",
        "删去重复的，或改正就诊号。",
        "a visit id stands twice",
    ),
    "F302": FaultKind(
        "{earlier}（{earlier_value}）晚于{later}（{later_value}）",
        "日期先后颠倒，至少有一个写错了。",
        "核对这两个日期。",
        "dates out of order",
    ),
    "F303": FaultKind(
        "费用行号“{line}”出现两次",
        "退费按行号找原费用，行号重复就找不准。",
        "每行用不同的行号。",
        "a line id stands twice",
    ),
    "F304": FaultKind(
        "金额 {amount} ≠ 单价 {price} × 数量 {quantity} = {product}",
        "三个数至少有一个错了，差额说不清由谁付。",
        "核对这一行的单价、数量和金额（四舍五入到分）。",
        "the amount is not unit price x quantity",
    ),
    "F305": FaultKind(
        "四部分合计 {sum} ≠ 金额 {amount}",
        "全自费、超限价、先行自付、符合政策范围合计必须等于这一行的金额。",
        "核对平台返回的四个金额。",
        "the parts do not add up to the amount",
    ),
    "F306": FaultKind(
        "甲类不能有先行自付比例（写了 {rate}）",
        "甲类全额进入报销范围；有比例说明类别或比例写错了。",
        "去掉比例，或把类别改成乙。",
        "class 甲 with a first-self-pay rate",
    ),
    "F307": FaultKind(
        "乙类没有先行自付比例",
        "费用行和目录里都没有比例，不能当作 0。",
        "填 first_self_pay_rate，或用 --catalogue 给出目录。",
        "class 乙 without a first-self-pay rate",
    ),
    "F308": FaultKind(
        "项目“{item}”没有类别",
        "费用行没有 class 和 parts，目录里也没有这个编码；不能当作丙类。",
        "填 class（甲、乙、丙）或 parts，或在目录里补上这个编码。",
        "neither the line nor the catalogue gives a class",
    ),
    "F309": FaultKind(
        "数量或金额是负数，但没有注明退的是哪一行",
        "负数只用于退费，退费要跟着原来那一行走。",
        "填 refunds：原费用的行号。",
        "a negative line without `refunds`",
    ),
    "F310": FaultKind(
        "要退的行“{line}”不在这张账单里",
        "退费只能在同一次就诊里冲减。",
        "核对行号；原费用已结算的，走更正。",
        "the refunded line is not on this bill",
    ),
    "F311": FaultKind(
        "要退的行“{line}”本身是退费",
        "退费不能再退。",
        "直接改退费那一行的数量。",
        "a refund of a refund",
    ),
    "F312": FaultKind(
        "对行“{line}”的退费合计（数量 {quantity}，金额 {amount}）超过原费用（{of_quantity}，{of_amount}）",
        "退的不能比收的多。",
        "核对各退费行的数量和金额。",
        "refunds exceed their line's quantity or amount",
    ),
    "F313": FaultKind(
        "注明了 refunds，数量却不是负数",
        "退费行的数量是负数，否则会把费用加两遍。",
        "把数量和金额改成负数，或去掉 refunds。",
        "a line with `refunds` whose quantity is not negative",
    ),
    "F314": FaultKind(
        "冲减退费后，{part}是负数（{amount}）",
        "一次就诊的总额和各部分都不会小于 0。",
        "核对退费行的类别、金额和 parts。",
        "a visit's net total or part is negative",
    ),
    "F315": FaultKind(
        "{part} {amount} 与金额 {line_amount} 正负相反",
        "一行费用的四部分与金额同号，或者是 0。",
        "核对 parts。",
        "a part whose sign is not its line's",
    ),
    "F316": FaultKind(
        "数量 {quantity} 与金额 {amount} 正负相反",
        "单价不会是负数，数量和金额必须同号。",
        "核对数量和金额。",
        "quantity and amount of opposite sign",
    ),
    "F317": FaultKind(
        "历史记录“{what_}”不能用：{reason}",
        "年度累计差一笔，后面每一笔的封顶和起付都会错。",
        "用本程序打印的结算结果，或改正所指内容。",
        "a history record that cannot be used",
    ),
    "F318": FaultKind(
        "目录项目“{item}”不能用：{reason}",
        "同一天同一编码有两种说法，不知道以哪一个为准。",
        "核对目录。",
        "a catalogue item that cannot be used",
    ),
    # F4 settling
    "F320": FaultKind(
        "项目“{item}”（{code}）没有对照到 {day} 有效的医保目录，行上也没有类别",
        "没有对照的不能当作丙类，也不能当作甲类。{near}",
        "在对照表里加一行：医院编码 {code} 对目录编码，用 --mapping 带上；或者在行上写 class。",
        "an item that is mapped to nothing in the catalogue",
    ),
    "F321": FaultKind(
        "医院编码 {code} 在同一天对照了两个目录编码：{first}（{first_where}）和 {second}",
        "不知道用哪一个，不能猜。",
        "删去一行，或写明起止日期。",
        "a hospital code that is mapped twice",
    ),
    "F401": FaultKind(
        "没有适用的政策包：参保地 {district}，结算日 {day}",
        "没有这一天的规则，算出来的金额就没有依据。{known}",
        "核对参保地和结算日期，或用 --pack 指定政策包。",
        "no pack is in force for this district and day",
    ),
    "F402": FaultKind(
        "结算日 {day} 不在政策包 {pack} 的有效期内（{span}）",
        "过期或未生效的规则不能用。",
        "核对结算日期，或换用当日有效的政策包。",
        "settled outside the pack's dates",
    ),
    "F403": FaultKind(
        "{name}“{value}”不在政策包 {pack} 的代码里（结算日 {day}）",
        "不认识的代码不能当作 0，也不能当作普通人员。",
        "改成：{codes}。",
        "a code that the pack does not declare",
    ),
    "F404": FaultKind(
        "给出的{layer}（{layer_id}）{amount} 超过上限 {limit}",
        "上面各层付过之后，这一层最多只能付这么多。",
        "核对平台返回的{layer}金额。",
        "a given amount above its base",
    ),
    "F405": FaultKind(
        "given 或 awaiting 里写了{layer}（{layer_id}）",
        "{layer}总是由本程序计算；以前付过的放在历史里。",
        "去掉 {layer_id}。",
        "an amount given for a layer that is always computed",
    ),
    "F406": FaultKind(
        "given 或 awaiting 里的“{layer_id}”不是这个政策包的保障层次",
        "不认识的款项不能随便并入哪一层。",
        "改成：{codes}。",
        "a layer that the pack does not declare",
    ),
    "F407": FaultKind(
        "只给了起付线 deductible_met，没有给{layer}",
        "起付线是{layer}结算的结果，单独给出没有意义。",
        "同时给出 {layer_id}，或去掉 deductible_met。",
        "deductible_met given without its layer",
    ),
    "F408": FaultKind(
        "给出的起付线 {amount} 超过上限 {limit}",
        "实际支付的起付线不会多于符合政策范围的金额。",
        "核对平台返回的 act_pay_dedc。",
        "deductible_met above the in-scope amount",
    ),
    "F409": FaultKind(
        "“{layer_id}”既在 given 里，又在 awaiting 里",
        "已经结算的不用等。",
        "从其中一处去掉。",
        "a layer both given and awaited",
    ),
    "F410": FaultKind(
        "在区外就医，没有注明是否转诊（referred）",
        "转诊与否待遇不同，不能猜。",
        "填 referred: true 或 false。",
        "outside the district without `referred`",
    ),
    "F411": FaultKind(
        "政策包“{pack}”不存在",
        "{known}",
        "用 `doudi pack list` 查看，或给出政策包的文件夹。",
        "no such pack",
    ),
    "F412": FaultKind(
        "政策包要的“{name}”没有给出",
        "这个政策包按它区分待遇，不能猜。",
        "在账单里补上 {name}。",
        "a fact that the pack asks for is missing",
    ),
    "F413": FaultKind(
        "有两个政策包同时适用：{packs}",
        "不知道以哪一个为准。",
        "用 --pack 指定一个。",
        "two packs are in force at once",
    ),
    "F414": FaultKind(
        "政策包 {pack} 不区分“{name}”",
        "规则里没有它，说了也不起作用，多半是写错了。",
        "改成其中一个：{known}。",
        "something to tell apart that the pack does not",
    ),
    "F420": FaultKind(
        "要用到“{title}”{cell}，但政策包 {pack} 里它是待定（open）",
        "没有文件写出这个值，不能猜，也不能当作零。",
        "查到文件后，在 {pack}（或继承它的政策包）里写上参数 {name}{lines}，注明依据，再结算。",
        "a value that no text gives and the bill needs",
    ),
    "F430": FaultKind(
        "账单里有医嘱草稿：{lines}",
        "草稿还没有执行，没有产生费用，不能结算。",
        "执行了的去掉 draft，没有执行的删去；只想看影响，用 doudi check。",
        "draft orders on a bill that is to be settled",
    ),
    "F431": FaultKind(
        "行 {line}：退费和医嘱草稿连在一起",
        "草稿还没有收费，没有可退的；退费也不是草稿。",
        "去掉 draft，或删去这一行。",
        "a refund of a draft order, or as one",
    ),
    "P101": FaultKind(
        "{reason}",
        "政策包的格式见 docs/reference/pack-language.md。",
        "{mend_}",
        "the form of a pack is wrong",
    ),
    "P102": FaultKind(
        "不认识的键“{key}”",
        "写错的键会让规则悄悄失效。{near}",
        "改成正确的键，或删去。",
        "an unknown key in a pack",
    ),
    "P103": FaultKind(
        "缺少“{key}”",
        "政策值没有默认值，少一项就不能编译。",
        "补上“{key}”。",
        "a required key of a pack is missing",
    ),
    "P104": FaultKind(
        "extends 成环：{chain}",
        "互相继承的政策包没有起点。",
        "去掉其中一个 extends。",
        "a cycle in `extends`",
    ),
    "P105": FaultKind(
        "extends 的政策包“{pack}”不存在",
        "继承的内容读不到。",
        "核对编号（packs 文件夹下的路径）。",
        "the extended pack does not exist",
    ),
    "P106": FaultKind(
        "依据“{cite}”找不到：{reason}",
        "每个值都要能翻到出处。",
        "核对文件名和标题，或在 sources 里补上这一条。",
        "a cite that resolves to nothing",
    ),
    "P107": FaultKind(
        "编号“{pack}”与文件夹“{folder}”不一致",
        "编号就是路径，才能由编号找到文件。",
        "改成一样。",
        "the pack's id is not its folder",
    ),
    "P108": FaultKind(
        "“{key}”在 {first} 已经写过",
        "一个事实只写一处。",
        "删去其中一个。",
        "one thing stated in two files",
    ),
    "P109": FaultKind(
        "这里没有政策包",
        "没有政策包，什么都结算不了，也没有什么可检查。",
        "核对文件夹；政策包是含有 pack.yaml 的文件夹，路径就是编号。",
        "no packs in the folder",
    ),
    "P110": FaultKind(
        "“{id}”不能作政策包的编号",
        "编号就是 packs 文件夹下的路径，也印在每一笔结算上。",
        "只用小写字母、数字、- 和 _，各段用 / 隔开，如 baishi/2026。",
        "an id that no pack can have",
    ),
    "P111": FaultKind(
        "{path} 已经有了",
        "写下去会盖掉原来的；什么都没有写。",
        "换一个编号，或先把原来的移走。",
        "a new pack where something stands already",
    ),
    "P112": FaultKind(
        "政策包 {pack} 没有{what} {name}",
        "要改的必须是原来有的；新的直接写进新政策包的文件。",
        "改成其中一个：{known}。",
        "a value or layer to be changed that the extended pack does not have",
    ),
    # P2 what a pack says
    "P201": FaultKind(
        "参数 {name} 从 {start} 起才有值，政策包从 {valid} 起生效",
        "中间的日子没有值，那几天的账单算不出来。",
        "补上 {valid} 起的值，并写明依据。",
        "a gap in a value's dates",
    ),
    "P202": FaultKind(
        "比例{value}超过 100%",
        "报销比例和限额比例都不会超过 100%。",
        "核对原文和小数点；两项相加的，用 min( … , 100%) 封住。",
        "a rate over 100 %",
    ),
    "P203": FaultKind(
        "参数 {name} 缺少代码 {missing} 的值",
        "少一格，遇到这类人或医院就没有待遇可算。",
        "补上每个代码的值。",
        "a look-up without a value for every code",
    ),
    "P204": FaultKind(
        "参数 {name} 里的“{code}”不是维度 {dimension} 的代码",
        "多半是写错了代码。",
        "改成：{codes}。",
        "a look-up with an unknown code",
    ),
    "P205": FaultKind(
        "“{value}”不是{expected}",
        "值和单位对不上。",
        "改成{expected}。",
        "a value that does not fit its unit",
    ),
    "P206": FaultKind(
        "表达式“{text}”读不懂：{reason}",
        "只能用名称、数值、+ − *、比较、in、and、or、not、min、max、pos、when、share。",
        "{mend_}",
        "an expression that cannot be read",
    ),
    "P207": FaultKind(
        "表达式“{text}”里的“{name}”没有定义",
        "{near}",
        "改成已定义的名称，或先定义它。",
        "an unknown name in an expression",
    ),
    "P208": FaultKind(
        "表达式“{text}”：{reason}",
        "金额、比例、条件不能混用；金额乘比例要写明怎样进位。",
        "{mend_}",
        "an expression whose types do not fit",
    ),
    "P209": FaultKind(
        "名称互相定义，没有起点：{chain}",
        "算它要先算它自己。",
        "去掉其中一处引用。",
        "names that define each other in a circle",
    ),
    "P210": FaultKind(
        "名称“{name}”用了两次（{first}）",
        "同一个名称指两样东西，读的人分不清。",
        "改其中一个。",
        "one name for two things",
    ),
    "P211": FaultKind(
        "{what_}",
        "{why_}",
        "{mend_}",
        "a rule that cannot stand as it is written",
    ),
    "P212": FaultKind(
        "参数 {name} 没有用到",
        "不用的值会让人以为它在起作用。",
        "删去，或在规则里用它。",
        "a parameter that no rule uses",
    ),
    "P213": FaultKind(
        "有效期不对：{reason}",
        "有效期是 [from, to)，to 不含当日。",
        "核对 valid。",
        "the pack's dates are wrong",
    ),
    "P302": FaultKind(
        "没有例题",
        "没有算过的例题，就没有证明规则写对了。",
        "在 cases 文件夹里写例题：账单、应得的数、算式。",
        "the pack has no worked cases",
    ),
    "P301": FaultKind(
        "例题“{case}”的 {path}：得 {got}，应为 {wanted}",
        "例题与规则不一致，两者至少有一个错了。",
        "核对例题的算式和依据，再看规则。",
        "a worked case that does not hold",
    ),
    # S the service
    "S401": FaultKind(
        "没有带有效的令牌",
        "不知道是谁在问，什么都没有做。",
        "请求头写 Authorization: Bearer 令牌；令牌过期或作废的，请系统管理员另发一个。",
        "no valid token",
    ),
    "S403": FaultKind(
        "角色 {role} 不能做“{act}”",
        "每个角色只做自己的事。",
        "请有这个权限的人做，或请系统管理员核对角色。",
        "the role may not do this",
    ),
    "S404": FaultKind(
        "这是另一家医疗机构（{facility}）的",
        "医院只看、只办自己的就医。",
        "核对医疗机构编码和令牌是哪一家的。",
        "another hospital's",
    ),
    "S405": FaultKind(
        "角色 {role} 要写明是哪一家医疗机构",
        "这个角色只属于一家医院。",
        "加上 --facility 和医疗机构编码。",
        "the role needs a facility",
    ),
    "S406": FaultKind(
        "没有这笔结算",
        "编号不对，或者不在这个地区。",
        "核对结算编号。",
        "no such settlement",
    ),
    "S409": FaultKind(
        "消息号“{message}”用过，内容不同",
        "同一个消息号只能有一个意思，否则会重复或漏掉。",
        "内容变了的，用新的消息号；要改已结算的，先撤销或更正。",
        "the message id was used with other content",
    ),
    "S410": FaultKind(
        "就诊 {visit} 已经结算（结算编号 {settlement}）",
        "一次就诊只结算一次，否则会重复付款。",
        "要改的，撤销或更正那一笔。",
        "the visit is settled already",
    ),
    "S411": FaultKind(
        "结算 {settlement} 已经撤销",
        "再撤销一次，会多记一次相反的分录。",
        "不用再做；要重新结算，直接送账单。",
        "the settlement is reversed already",
    ),
    "S413": FaultKind(
        "内容超过上限 {limit} MB",
        "过大的请求会占满内存。",
        "分成几次送。",
        "the request is too large",
    ),
    "S422": FaultKind(
        "结算时间 {settled} 在现在（{now}）之后",
        "还没有到的时间不能结算。",
        "改正结算时间，或核对两边的时钟。",
        "settled in the future",
    ),
    "S500": FaultKind(
        "程序出了错，这一次什么都没有写",
        "是程序的缺陷，不是送来的内容不对。",
        "把请求编号报给开发者；可以再送一次同样的消息。",
        "a defect of the service",
    ),
    "S503": FaultKind(
        "服务器的时钟倒退了：现在 {now}，最后一笔记在 {last}",
        "记账的次序靠时间，倒退的时钟会打乱次序。",
        "请系统管理员校准时钟；时钟走过最后一笔以后自动恢复。",
        "the server's clock went back",
    ),
    "S504": FaultKind(
        "数据库没有写成（{kind}）",
        "连接断了、磁盘满了，或正在重启；这一次什么都没有写。",
        "稍后用同一个消息号再送一次，不会重复。",
        "the database did not write",
    ),
}
