# SPDX-License-Identifier: Apache-2.0
"""Whoever answers once with what is no answer ends no stream: it is tried again, and nothing is lost."""
from support import case, sources
from support.odd_front import OddFront
from support.sources import Feed

FPS = 25
ODD = {
    "text": b"hello world\r\n",
    "status_000": b"HTTP/1.1 000 Nothing\r\n\r\n",
    "http_9_9": b"HTTP/9.9 200 OK\r\n\r\n",
    "http_2": b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64",
    "nothing": b"",
    "a_mail_server": b"220 mail.example.com ESMTP ready\r\n",
    "a_length_of_words": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
}


class OddAnswersTest(case.IntegrationTest):
    @classmethod
    def setUpClass(cls):
        cls.units = sources.encode(2 * FPS, FPS, key_interval=FPS)

    def streams(self, odd):
        """The feed, when all of its frames are stored, in spite of these answers."""
        service = self.service()
        front = OddFront(service)
        self.addCleanup(front.stop)
        front.odd = odd
        feed = Feed(front, "cam").play()
        self.addCleanup(feed.stop)
        feed.push(self.units)
        feed.wait_for(lambda: feed.stats()["frames-persisted"] >= FPS, "a fragment is stored")
        feed.end()
        self.assertEqual(front.odd, [], "all of them were met")
        self.assertEqual(feed.stats()["frames-persisted"], len(self.units), feed.summary())
        return feed

    def test_to_put_media_they_are_as_a_5xx(self):
        feed = self.streams([("putMedia", answer) for answer in ODD.values()])
        self.assertEqual(feed.warnings(), [])

    def test_before_any_success_there_is_a_warning_that_says_what_came(self):
        for name, answer in ODD.items():
            with self.subTest(name):
                feed = self.streams([("describeStream", answer)])
                self.assertEqual(len(feed.warnings()), 1, feed.warnings())
        feed = self.streams([("describeStream", ODD["text"])])
        self.assertIn("hello world", str(feed.warnings()[0]))


if __name__ == "__main__":
    case.main()
