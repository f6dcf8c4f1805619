# SPDX-License-Identifier: Apache-2.0
"""A source that outruns the budget in real time loses oldest whole fragments, is told once, and goes on."""
from support import case, frames, sources
from support.sources import Feed

FPS = 10
FRAME_BYTES = 200_000


class BudgetTest(case.IntegrationTest):
    def recording(self, seconds):
        """Fragments of one second and 2 MB each."""
        return sources.padded(sources.encode(seconds * FPS, FPS, key_interval=FPS), FRAME_BYTES)

    def fragments(self, feed, recording):
        """The numbers of the seconds that arrived, in order, and how many went in."""
        wanted = frames.expected(feed.entered)
        groups = [tuple(frame.data for frame in wanted[at : at + FPS]) for at in range(0, len(wanted), FPS)]
        numbers = {group: number for number, group in enumerate(groups)}
        self.assertEqual(len(numbers), len(groups), "every second looks different")
        arrived = [tuple(block.data for block in cluster.blocks) for cluster in recording.clusters]
        self.assertTrue(all(cluster in numbers for cluster in arrived), "only whole fragments arrive")
        return [numbers[cluster] for cluster in arrived], len(groups)

    def check_losses(self, feed, recording, least, newest=3):
        """What is missing are whole fragments, `least` or more, and all are told of. Answers those that arrived."""
        arrived, count = self.fragments(feed, recording)
        self.assertEqual(arrived, sorted(set(arrived)), "in order, each once")
        self.assertEqual(arrived[-newest:], list(range(count - newest, count)), "the newest ones are kept")
        told = feed.structures("kvssink-fragment-lost")
        lost = count - len(arrived)
        self.assertGreaterEqual(lost, least)
        self.assertEqual(sum(loss.get_value("count") for loss in told), lost)
        self.assertEqual(sum(loss.get_value("frames") for loss in told), lost * FPS)
        said = [warning.message for warning, _ in feed.warnings() if "dropped" in warning.message]
        self.assertIn(len(said), (1, 2), "one at once; what follows stands for many")
        return arrived, count

    def wait_for_loss(self, feed):
        feed.wait_for(lambda: feed.structures("kvssink-fragment-lost"), "the loss is told of")

    def wait_for_the_backlog(self, feed, least):
        """While it leaves, the fragment under the cursor stays, and a younger one would go in its place."""
        feed.wait_for(lambda: feed.stats()["acks-persisted"] >= least, "the backlog is stored")

    def test_nobody_listens(self):
        service = self.service()
        service.kill()
        units = self.recording(22)
        feed = Feed(service, "budget", storage_size=10).play()
        feed.push_and_wait(units[: 20 * FPS])
        self.wait_for_loss(feed)
        self.assertLessEqual(feed.stats()["storage-used"], 10 << 20)
        service.start()
        self.wait_for_the_backlog(feed, 3)
        feed.push_and_wait(units[20 * FPS :])
        feed.end()
        arrived, count = self.check_losses(feed, self.exported(service, "budget"), least=12)
        self.assertEqual(arrived, list(range(count - len(arrived), count)), "the oldest are lost")

    def test_the_service_stalls(self):
        faults = [{"match": {"operation": "putMedia"}, "when": {"afterFragments": 2},
                   "action": {"type": "stall", "ms": 3000}}]
        service = self.service(faults=faults)
        units = self.recording(26)
        feed = Feed(service, "stalled", storage_size=10).play()
        feed.push_and_wait(units[: 4 * FPS])
        feed.wait_for(lambda: feed.stats()["acks-persisted"] >= 2, "two fragments are stored")
        feed.push_and_wait(units[4 * FPS : 24 * FPS])
        self.wait_for_loss(feed)
        feed.wait_for(lambda: feed.stats()["bytes-buffered"] <= 2 * FPS * FRAME_BYTES, "the backlog is stored")
        feed.push_and_wait(units[24 * FPS :])
        feed.end()
        arrived, _ = self.check_losses(feed, self.exported(service, "stalled"), least=10, newest=2)
        self.assertEqual(arrived[:2], [0, 1])

    def test_what_is_left_is_sent_also_when_the_source_is_silent(self):
        service = self.service()
        service.kill()
        feed = Feed(service, "silent", storage_size=10).play()
        feed.push_and_wait(self.recording(12))
        self.wait_for_loss(feed)
        service.start()
        feed.wait_for(lambda: feed.stats()["acks-persisted"] >= 3, "fragments are stored")
        feed.end()
        self.check_losses(feed, self.exported(service, "silent"), least=5)

    def test_buffer_duration(self):
        service = self.service()
        service.kill()
        units = sources.encode(42 * FPS, FPS, key_interval=FPS)
        feed = Feed(service, "duration", buffer_duration=20).play()
        feed.push_and_wait(units[: 40 * FPS])
        self.wait_for_loss(feed)
        service.start()
        self.wait_for_the_backlog(feed, 15)
        feed.push_and_wait(units[40 * FPS :])
        feed.end()
        arrived, count = self.check_losses(feed, self.exported(service, "duration"), least=20)
        self.assertEqual(arrived, list(range(count - len(arrived), count)), "the oldest are lost")
        self.assertGreaterEqual(len(arrived), 19)
        self.assertEqual({loss.get_value("reason") for loss in feed.structures("kvssink-fragment-lost")},
                         {"buffer-duration"})


if __name__ == "__main__":
    case.main()
