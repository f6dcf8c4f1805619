# SPDX-License-Identifier: Apache-2.0
"""A process that has no file descriptor left when its first element starts: one error, and the next start is well."""
import os
import resource

from support import case, sources
from support.certificates import Authority
from support.pipelines import Gst
from support.sources import Feed
from support.threads import ours


class DescriptorsTest(case.IntegrationTest):
    def start_without_descriptors(self, feed):
        """What came of it, with the limit as it was again."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        lowest_free = os.dup(0)
        os.close(lowest_free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
        try:
            return feed["sink"].set_state(Gst.State.PAUSED)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    def test_the_start_fails_with_an_error_that_names_the_limit_and_the_next_start_goes_well(self):
        service = self.service()
        units = sources.encode(50)
        feed = Feed(service, "cam")
        self.addCleanup(feed.stop)
        self.assertEqual(self.start_without_descriptors(feed), Gst.StateChangeReturn.FAILURE)
        feed.wait_for(lambda: feed.errors(), "an error", errors=False)
        self.assertIn("RLIMIT_NOFILE", str(feed.errors()[0]))
        self.assertEqual(ours(), [], "no thread turns round and round")
        feed.stop()

        again = Feed(service, "cam").play()
        again.push(units)
        again.end()
        self.assertEqual(again.stats()["frames-persisted"], len(units), again.summary())

    def limited_to(self, free):
        """Lets this process open that many files more; answers what ends it."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        taken = [os.dup(0) for _ in range(200)]
        for descriptor in taken[-free:]:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (taken[-1] + 1, hard))

        def end():
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for descriptor in taken[:-free]:
                os.close(descriptor)

        return end

    def test_with_a_few_left_the_limit_is_named_and_the_stream_goes_on_when_there_are_more(self):
        authority = Authority(self.folder)
        certificate, key = authority.sign("service", "IP:127.0.0.1", days=2)
        service = self.service("--tls", "--cert", certificate, "--key", key)
        units = sources.encode(50)
        for free in range(2, 8):
            with self.subTest(free=free):
                feed = Feed(service, f"cam{free}", ca_path=authority.path)
                self.addCleanup(feed.stop)
                end = self.limited_to(free)
                try:
                    feed.play()
                    feed.wait_for(lambda: "RLIMIT_NOFILE" in feed.stats()["last-error"]
                                  or feed.stats()["state"] == "ready", "an error, or a connection")
                finally:
                    end()
                feed.push(units)
                feed.end()
                self.assertEqual(feed.stats()["frames-persisted"], len(units), feed.summary())


if __name__ == "__main__":
    case.main()
