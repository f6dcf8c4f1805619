# SPDX-License-Identifier: Apache-2.0
"""A process that has no file descriptor left when its first element starts: one error, and the next start is well."""
import os
import resource

from support import case, sources
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


if __name__ == "__main__":
    case.main()
