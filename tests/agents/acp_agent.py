"""A small agent that speaks the Agent Client Protocol and does what its prompt says, a line each."""

import json
import sys


def send(**message: object) -> None:
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def ask(method: str, **params: object) -> dict:
    send(id=f"mine-{method}", method=method, params=params)
    while True:
        message = json.loads(sys.stdin.readline())
        if message.get("id") == f"mine-{method}":
            return message
        if message.get("method") == "session/cancel":
            global cancelled
            cancelled = True


def tell(**update: object) -> None:
    send(method="session/update", params={"sessionId": "s", "update": update})


def may(kind: str, path: str) -> bool:
    tell(sessionUpdate="tool_call", toolCallId="t", title=f"{kind} {path}", kind=kind, locations=[{"path": path}])
    options = [{"optionId": "yes", "kind": "allow_once"}, {"optionId": "no", "kind": "reject_once"}]
    call = {"toolCallId": "t"}
    outcome = ask("session/request_permission", sessionId="s", toolCall=call, options=options)["result"]["outcome"]
    return outcome.get("optionId") == "yes"


def do(words: list[str]) -> None:
    match words:
        case ["write", path, text]:
            said = ask("fs/write_text_file", sessionId="s", path=path, content=text)
            say("write", said.get("error", {}).get("message", "ok"))
        case ["read", path]:
            said = ask("fs/read_text_file", sessionId="s", path=path)
            say("read", said.get("error", {}).get("message") or said["result"]["content"])
        case ["may", kind, path]:
            say(kind, "yes" if may(kind, path) else "no")
        case ["terminal"]:
            say("terminal", ask("terminal/create", sessionId="s", command="sh")["error"]["message"])
        case ["die"]:
            sys.exit(0)
        case ["garbage"]:
            print("not json at all", flush=True)


def say(*words: str) -> None:
    tell(sessionUpdate="agent_message_chunk", content={"type": "text", "text": ": ".join(words) + "\n"})


cancelled = False
for line in sys.stdin:
    message = json.loads(line)
    match message.get("method"):
        case "initialize":
            send(id=message["id"], result={"protocolVersion": 1})
        case "session/new":
            send(id=message["id"], result={"sessionId": "s"})
        case "session/prompt":
            for order in message["params"]["prompt"][0]["text"].splitlines():
                if not cancelled:
                    do(order.split())
            tell(sessionUpdate="usage_update", used=1, cost={"amount": 0.25, "currency": "USD"})
            send(id=message["id"], result={"stopReason": "cancelled" if cancelled else "end_turn"})
