#!/usr/bin/env python3
"""client.py HOST:PORT FILE: talks with whoever is online. What it knows is in FILE: kill it, and start it again."""
import http.client, json, os, pathlib, sys, uuid
HOST, FILE = sys.argv[1], pathlib.Path(sys.argv[2])
state = json.loads(FILE.read_text()) if FILE.exists() else {}

def save(**changes):  # wholly or not at all, whenever it is killed
    state.update(changes)
    pathlib.Path(f"{FILE}.new").write_text(json.dumps(state))
    os.replace(f"{FILE}.new", FILE)

def call(method, path, body=None):
    link = http.client.HTTPConnection(HOST)
    link.request(method, "/api/v1" + path, body and json.dumps(body), {
        "Content-Type": "application/json", "Authorization": "Bearer " + state.get("access", "none")})
    reply = json.load(link.getresponse())
    renewed = reply.get("error") == "token_expired" and not enter("/auth/refresh", refresh_token=state["refresh"])
    return call(method, path, body) if renewed else reply

def enter(path, **body):
    tokens = call("POST", path, body)
    save(access=tokens["access_token"], refresh=tokens["refresh_token"])

if "access" not in state:
    enter("/auth/register", email=f"{uuid.uuid4()}@example.org", password="wide awake at noon", display_name="Nia")
if "cursor" not in state: save(cursor=call("GET", "/events?wait=0")["cursor"])  # before asking: miss no answer
if "session" not in state:
    online = call("GET", "/advisors?status=ONLINE")["items"]
    save(session=call("POST", "/sessions/chat", {"advisor_id": online[0]["id"]} if online else {"ai": True})["id"])
while page := call("GET", "/events?cursor=" + state["cursor"]):
    for type, data in ((event["type"], event["data"]) for event in page.get("events", [])):
        if type == "session.accepted": call("POST", f"/sessions/{data['id']}/join")
        if type in ("session.started", "message.created") and data.get("sender_type") not in ("USER", "SYSTEM"):
            call("POST", f"/conversations/{data['conversation_id']}/messages", {
                "client_id": data["id"], "type": "text", "body": input(data.get("body", "Go ahead!") + "\n> ")})
    save(cursor=page.get("details", page)["cursor"])  # details: of a resync, see Events
