"""A signed-in session over HTTP. Every request comes from another loopback address: the limits a minute
of one address are not what is tested here."""

import http.client
import itertools
import json
import time
import urllib.parse

_address = itertools.count()


class Refused(Exception):
    def __init__(self, status, body):
        super().__init__(f"{status} {body[:400]}")
        self.status, self.body = status, body


class Client:
    def __init__(self, base, username, password, role):
        self.base = urllib.parse.urlparse(base)
        self.jar, self.csrf = {}, None
        captcha = self.json("POST", "/api/v1/captcha")
        session = self.json(
            "POST",
            "/api/v1/session",
            {
                "username": username,
                "password": password,
                "role": role,
                "captcha_id": captcha["id"],
                "captcha_answer": captcha["test_answer"],
            },
        )
        self.csrf = session["csrf_token"]

    def request(self, method, path, body=None, media="application/json"):
        n = next(_address)
        source = (f"127.{1 + n // 62500 % 250}.{1 + n // 250 % 250}.{1 + n % 250}", 0)
        connection = http.client.HTTPConnection(self.base.hostname, self.base.port, timeout=60, source_address=source)
        headers = {"Origin": f"http://{self.base.netloc}"}
        if self.jar:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.jar.items())
        if self.csrf:
            headers["X-CSRF-Token"] = self.csrf
        if body is not None:
            headers["Content-Type"] = media
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.jar[key] = rest.split(";")[0]
        connection.close()
        if answer.status >= 400:
            raise Refused(answer.status, text)
        return text

    def json(self, method, path, body=None):
        text = self.request(method, path, None if body is None else json.dumps(body))
        return json.loads(text) if text else None

    def get(self, path, **query):
        return self.json("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""))

    def upload(self, data, **query):
        """Sends a file and waits for the end of its job."""
        path = "/api/v1/imports?" + urllib.parse.urlencode(query)
        url = json.loads(self.request("POST", path, data.encode(), "text/csv"))["url"]
        while (job := self.get(url))["status"] in ("waiting", "running"):
            time.sleep(0.005)
        if job["status"] != "done":
            raise Refused(0, json.dumps(job))
        return job
