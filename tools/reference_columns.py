"""The page of column maps: by which names the columns of a table are found."""

from doudi.wire.columns import Column, shipped
from tools.markdown import page, table

_INTRO = """\
费用清单、目录、对照、人员名册、区划可以是 CSV 或 XLSX（目录还可以是 Parquet）。
程序在前 40 行里找表头，按下面的名称认列：
不分大小写，不看空格和名称后面括号里的单位。同一行里两个名称都有的，用排在前面的。
必须有的列缺了，是错误 F123；两列都像，是错误 F124。

自己的系统另有叫法，费用清单用 `--columns 文件` 写明，只写不同的：

```yaml
id: 序号
code: [国标码, 国家码]
```

- 编码：UTF-8 或 GBK，自动认；分隔：逗号、制表符、分号、竖线。
- 数：千分位的逗号、全角数字、¥ 都认；单价最多六位小数。
- 超过 15 位的编码在表格里存成数，后几位已经丢了，是错误 F127：把那一列设成文本。
- 日期：`2019-05-01`、`2019/5/1`、`20190501`、`2019年5月1日`、带时间的、Excel 的日期都认。
- 等级：甲、乙、丙，01、02、03，自费。比例：`0.1` 或 `10%`。
- 第一格写着合计、总计、小计的行是合计行：不算费用；最后一个合计与各行之和不同，是错误 F128。"""

_TITLES = {
    "fees": "费用清单",
    "of_visit": "费用清单里的就诊号（服务里按文件导入）",
    "visits": "就诊清单（服务里按文件导入）",
    "catalogue": "医保目录",
    "mapping": "目录对照",
    "persons": "人员名册",
    "divisions": "区划",
}
_KINDS = {
    "text": "文字", "number": "数", "rate": "比例", "day": "日期", "class": "甲乙丙", "flag": "是、否",
    "item": "项目类型",
}  # fmt: skip


def columns_page() -> str:
    """Every shipped column map."""
    parts: list[str] = []
    for name, title in _TITLES.items():
        rows = [_row(column) for column in shipped(name)]
        parts += [f"## {title}", table(("键", "列名", "写法", "必须有"), rows)]
    return page("表格的列 · Columns of tables", _INTRO, *parts)


def _row(column: Column) -> tuple[str, str, str, str]:
    names = "、".join(column.names)
    return (f"`{column.key}`", names, _KINDS[column.kind], "是" if column.required else "")
