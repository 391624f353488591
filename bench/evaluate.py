"""Times the evaluation of test cases: files of 50,000 rows, and a model that takes 2 s an answer.

Run: python bench/evaluate.py [--rows 50000] [--cases 1000] [--seconds 2]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import sys
import tempfile
import time
from pathlib import Path

from aiohttp import web

sys.path.insert(0, str(Path(__file__).parent))
from tapd import machine
from taplens.config import Settings
from taplens.evaluate import workbook
from taplens.evaluate.evaluating import evaluate
from taplens.evaluate.judging import AT_ONCE, MOST_CASES, Judge
from taplens.evaluate.model import ELEMENTS, Case, Requirement
from taplens.evaluate.reading import read_cases
from taplens.evaluate.rules import DEFAULT
from taplens.evaluate.verdicts import KeptVerdicts
from taplens.llm import Client, HttpTransport, load_catalogue

HEADS = ["用例ID", "用例标题", "用例目录", "等级", "前置条件", "步骤描述", "预期结果"]
THINGS = [
    "登录",
    "支付",
    "购物车",
    "订单",
    "退款",
    "发票",
    "弱网",
    "横屏",
    "搜索",
    "会员",
    "优惠券",
    "导出",
]
MODEL = "Qwen/QwQ-32B"


def row(chance: random.Random, number: int) -> list[str]:
    thing = "".join(chance.sample(THINGS, 3))
    return [
        f"TC{number}", f"{thing}{number}", chance.choice(THINGS),
        chance.choice(["P0", "P1", "P1", "P1", "P2"]), f"已登录{chance.choice(THINGS)}",
        f"1. 进入{chance.choice(THINGS)}\n2. 点击{thing}{number}\n3. 提交",
        f"显示{thing}成功，编号为{number}",
    ]  # fmt: skip


def files(rows: int) -> None:
    import xlsxwriter

    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cases.xlsx"
        with xlsxwriter.Workbook(path) as book:
            page = book.add_worksheet("用例")
            page.write_row(0, 0, HEADS)
            for number in range(1, rows + 1):
                page.write_row(number, 0, row(chance, number))
        began = time.perf_counter()
        sheet = read_cases(path)
        read = time.perf_counter()
        found = evaluate(sheet.cases, DEFAULT)
        decided = time.perf_counter()
        workbook.write(
            found, Path(folder) / "out.xlsx", source=path, sheet=sheet.name, head=sheet.head,
            locale="zh",
        )  # fmt: skip
        written = time.perf_counter()
    print(f"{rows} rows: read {read - began:.1f} s, decided {decided - read:.1f} s, "
          f"written {written - decided:.1f} s")  # fmt: skip


async def chat(request: web.Request) -> web.Response:
    await asyncio.sleep(request.app["seconds"])
    body = await request.json()
    text = next(m["content"] for m in body["messages"] if m["content"].startswith("<data>"))
    data = json.loads(text.removeprefix("<data>\n").removesuffix("\n</data>"))
    mark = {"score": 8, "suggestion": "写明数据"}
    told = [{"id": one["id"], "requirement_id": "", "reason": ""} | dict.fromkeys(ELEMENTS, mark)
            for one in data["cases"]]  # fmt: skip
    message = {"role": "assistant", "content": json.dumps({"cases": told}, ensure_ascii=False)}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return web.json_response(
        {"id": "x", "object": "chat.completion", "created": 1, "model": MODEL, "choices": [choice]}
    )


async def model(count: int, seconds: float) -> None:
    app = web.Application(client_max_size=1 << 26)
    app["seconds"] = seconds
    app.router.add_post("/v1/chat/completions", chat)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        environment = {"SILICONFLOW_BASE_URL": f"http://127.0.0.1:{port}/v1",
                       "SILICONFLOW_API_KEY": "bench"}  # fmt: skip
        client = Client(load_catalogue(settings, environment), {"http": HttpTransport()})
        chance = random.Random(2)
        cases = [
            Case(id=told[0], title=told[1], priority=told[3], steps=told[5], expected=told[6])
            for told in (row(chance, number) for number in range(count))
        ]
        stories = [
            Requirement(id=str(n), title="".join(chance.sample(THINGS, 2))) for n in range(300)
        ]
        judge = Judge(client=client, model=MODEL, locale="zh", kept=KeptVerdicts(settings.home),
                      cases=cases, requirements=stories)  # fmt: skip
        began = time.perf_counter()
        found = await judge.judge(judge.prepared())
        took = time.perf_counter() - began
        await client.aclose()
    await runner.cleanup()
    least = math.ceil(found.requests / AT_ONCE) * seconds
    print(f"{count} cases, {seconds} s an answer: {took:.1f} s for {found.requests} batches of at "
          f"most {MOST_CASES}, {AT_ONCE} at once; ratio {took / least:.2f} of {least:.0f} s, aim "
          f"<= 1.3; without a verdict: {len(found.missing)}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--cases", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    print(machine())
    files(options.rows)
    asyncio.run(model(options.cases, options.seconds))


if __name__ == "__main__":
    main()
