# SPDX-License-Identifier: Apache-2.0
"""A source that outruns the budget in real time loses oldest whole fragments, is told once, and goes on."""
from support import case, frames, sources
from support.sources import Feed

FPS = 10
FRAME_BYTES = 200_000
SECOND = 1_000_000_000


class BudgetTest(case.IntegrationTest):
    def recording(self, seconds):
        """Fragments of one second and 2 MB each."""
        return sources.padded(sources.encode(seconds * FPS, FPS, key_interval=FPS), FRAME_BYTES)

    def check_losses(self, feed, recording, fragments):
        """What is missing are whole fragments, all of them told of; the newest ones are there."""
        wanted = frames.expected(feed.entered)
        groups = [wanted[at : at + FPS] for at in range(0, len(wanted), FPS)]
        arrived = [[block.data for block in cluster.blocks] for cluster in recording.clusters]
        sent = [[frame.data for frame in group] for group in groups]
        self.assertEqual([cluster for cluster in arrived if cluster not in sent], [], "only whole fragments arrive")
        self.assertEqual(arrived, [group for group in sent if group in arrived], "in order, each once")
        self.assertEqual(arrived[-3:], sent[-3:], "the newest ones are kept")
        told = feed.structures("kvssink-fragment-lost")
        self.assertEqual(sum(loss.get_value("count") for loss in told), len(sent) - len(arrived))
        self.assertEqual(sum(loss.get_value("frames") for loss in told), (len(sent) - len(arrived)) * FPS)
        self.assertGreaterEqual(len(sent) - len(arrived), fragments)
        self.assertEqual(len(feed.warnings()), 1, feed.warnings())
        return arrived, sent

    def test_nobody_listens(self):
        service = self.service()
        service.kill()
        feed = Feed(service, "budget", storage_size=10).play()
        feed.push_and_wait(self.recording(20))
        feed.wait_for(lambda: feed.structures("kvssink-fragment-lost"), "the loss is told of")
        self.assertLessEqual(feed.stats()["storage-used"], 10 << 20)
        service.start()
        feed.push_and_wait(self.recording(2), shift=20 * SECOND)
        feed.end()
        arrived, sent = self.check_losses(feed, self.exported(service, "budget"), fragments=12)
        self.assertEqual(arrived, sent[-len(arrived):], "the oldest are lost")

    def test_the_service_stalls(self):
        faults = [{"match": {"operation": "putMedia"}, "when": {"afterFragments": 2},
                   "action": {"type": "stall", "ms": 3000}}]
        service = self.service(faults=faults)
        feed = Feed(service, "stalled", storage_size=10).play()
        head = self.recording(4)
        feed.push_and_wait(head)
        feed.wait_for(lambda: feed.stats()["acks-persisted"] >= 2, "two fragments are stored")
        feed.push_and_wait(self.recording(20), shift=4 * SECOND)
        feed.wait_for(lambda: feed.structures("kvssink-fragment-lost"), "the loss is told of")
        feed.push_and_wait(self.recording(2), shift=24 * SECOND)
        feed.end()
        self.check_losses(feed, self.exported(service, "stalled"), fragments=10)

    def test_buffer_duration(self):
        service = self.service()
        service.kill()
        feed = Feed(service, "duration", buffer_duration=5).play()
        units = sources.encode(200, FPS, key_interval=FPS)
        feed.push_and_wait(units)
        feed.wait_for(lambda: feed.structures("kvssink-fragment-lost"), "the loss is told of")
        service.start()
        feed.push_and_wait(sources.encode(20, FPS, key_interval=FPS), shift=20 * SECOND)
        feed.end()
        arrived, sent = self.check_losses(feed, self.exported(service, "duration"), fragments=14)
        self.assertEqual(arrived, sent[-len(arrived):], "the oldest are lost")
        self.assertEqual({loss.get_value("reason") for loss in feed.structures("kvssink-fragment-lost")},
                         {"buffer-duration"})


if __name__ == "__main__":
    case.main()
