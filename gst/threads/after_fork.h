// SPDX-License-Identifier: Apache-2.0
// What a child that was forked without exec needs before a pipeline can run in it.
#pragma once

namespace kvs::gst {

/// GLib's and GStreamer's thread pools give work to idle threads first. A forked child inherits the count of
/// its parent's threads and not the threads: a streaming task given to them would never run. Here the child
/// gets pools without a past. Looks once in a process, and again in each child of it. Any thread.
void forgetLostThreads();

}  // namespace kvs::gst
