"""The token endpoint of a provider, for tests: checks PKCE and hands out tokens."""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


class TokenSink:
    """One provider on a free port of 127.0.0.1. `challenge` is what the sign-in was begun with."""

    def __init__(self):
        self.challenge, self.code = "", "good-code"
        self.revoked = self.down = False
        self.asked: list[dict] = []
        self.given = 0
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["Content-Length"])
                form = {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()}
                sink.asked.append(form)
                status, told = sink.answer(form)
                body = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/token"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def answer(self, form):
        if self.down:
            return 503, {}
        if self.revoked or form.get("client_secret") != "client-secret":
            return 400, {"error": "invalid_grant", "error_description": "Token has been revoked."}
        if form["grant_type"] == "authorization_code":
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            if form["code"] != self.code or proof != self.challenge:
                return 400, {"error": "invalid_grant"}
        elif form["refresh_token"] != "refresh-1":
            return 400, {"error": "invalid_grant"}
        self.given += 1
        told = {"access_token": "access-1", "expires_in": 3600, "token_type": "Bearer"}
        if form["grant_type"] == "authorization_code":
            told["refresh_token"] = "refresh-1"
        return 200, told
