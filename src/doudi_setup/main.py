"""`sh install` of an unpacked archive: install, or upgrade what is installed.

sh install --to ROOT
sh install --to ROOT --upgrade --passphrase-file FILE
"""

import argparse
import sys
from pathlib import Path

from doudi.errors import Faulty
from doudi_setup import upgrading
from doudi_setup.layout import Home


def run(archive: str, words: list[str]) -> None:
    """Do what is asked, and exit: 0 done, 1 refused, 2 misuse."""
    asked = _asked(words)
    home = Home(Path(asked.to).expanduser().absolute())
    try:
        if asked.upgrade:
            done = upgrading.upgrade(home, Path(archive), Path(asked.passphrase_file), say)
            say(f"升级好了：{done['from']} → {done['to']}，数据在 {home.data}")
            say(f"升级以前的备份：{done['backup']}。退回：{home.root}/bin/doudi release rollback")
        else:
            release = upgrading.install(home, Path(archive), say)
            say(f"装好了：{release.version}，在 {home.root}")
            say(
                f"启动：{home.root}/bin/doudi serve --data {home.data}；systemd 的单元：{home.root}/doudi.service"
            )
    except Faulty as refused:
        tell(refused)
        sys.exit(1)


def say(text: str) -> None:
    """Tell how far it is."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def tell(refused: Faulty) -> None:
    """Every fault: what, where, why, how to mend."""
    for one in refused.faults:
        sys.stderr.write(
            f"{one.code}  {one.what}\n      {one.where}\n      {one.why}\n      {one.mend}\n"
        )


def _asked(words: list[str]) -> argparse.Namespace:
    reads = argparse.ArgumentParser(prog="sh install", description="兜底 Doudi：离线安装、升级。")
    reads.add_argument("--to", required=True, metavar="DIR", help="装在哪个文件夹")
    reads.add_argument("--upgrade", action="store_true", help="升级装好的")
    reads.add_argument(
        "--passphrase-file", metavar="FILE", help="升级以前备份的口令，在这个文件的第一行"
    )
    asked = reads.parse_args(words)
    if asked.upgrade and not asked.passphrase_file:
        reads.error("升级要带 --passphrase-file：先备份，再动数据")
    return asked
