/* SPDX-License-Identifier: Apache-2.0 */
/* kvssink in an application in C: a pipeline, what its bus says, a signal, and the figures at the end.
 *
 *   embed STREAM [ENDPOINT [SECONDS]]
 */
#include <gst/gst.h>
#include <stdlib.h>

typedef struct {
  GMainLoop* loop;
  GstElement* pipeline;
  gint persisted; /* counted on one of GStreamer's threads, read here */
  int status;
} Application;

/* The payload is a GstStructure in every language; this runs on a thread of GStreamer's, one call at a time. */
static void on_fragment_ack(GstElement* sink, const GstStructure* ack, gpointer data) {
  Application* application = data;
  (void)sink;
  if (g_strcmp0(gst_structure_get_string(ack, "type"), "persisted") == 0) {
    g_atomic_int_inc(&application->persisted);
  }
}

static void tell_connection(const GstStructure* change) {
  const gchar* reason = gst_structure_get_string(change, "reason");
  g_print("connection: %s %s\n", gst_structure_get_string(change, "state"), reason ? reason : "");
}

static gboolean on_message(GstBus* bus, GstMessage* message, gpointer data) {
  Application* application = data;
  GError* error = NULL;
  gchar* debug = NULL;
  (void)bus;
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ELEMENT:
      if (gst_message_has_name(message, "kvssink-connection")) {
        tell_connection(gst_message_get_structure(message));
      }
      break;
    case GST_MESSAGE_ERROR: /* what no retry can mend */
      gst_message_parse_error(message, &error, &debug);
      g_printerr("error: %s (%s)\n", error->message, debug ? debug : "");
      g_clear_error(&error);
      g_free(debug);
      application->status = EXIT_FAILURE;
      g_main_loop_quit(application->loop);
      break;
    case GST_MESSAGE_EOS: /* the last fragment is stored */
      g_main_loop_quit(application->loop);
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

static gboolean on_time_over(gpointer data) {
  Application* application = data;
  gst_element_send_event(application->pipeline, gst_event_new_eos());
  return G_SOURCE_REMOVE;
}

static void tell_stats(GstElement* sink) {
  GstStructure* stats = NULL;
  guint64 frames = 0;
  g_object_get(sink, "stats", &stats, NULL);
  if (gst_structure_get_uint64(stats, "frames-persisted", &frames)) {
    g_print("persisted: %" G_GUINT64_FORMAT " frames\n", frames);
  }
  gst_structure_free(stats);
}

int main(int argc, char** argv) {
  Application application = {NULL, NULL, 0, EXIT_SUCCESS};
  GstElement* sink;
  GstBus* bus;
  GError* error = NULL;

  gst_init(&argc, &argv);
  if (argc < 2) {
    g_printerr("usage: %s STREAM [ENDPOINT [SECONDS]]\n", argv[0]);
    return EXIT_FAILURE;
  }
  application.pipeline = gst_parse_launch(
      "videotestsrc is-live=true ! x264enc tune=zerolatency key-int-max=30 ! h264parse ! kvssink name=sink", &error);
  if (error) {
    g_printerr("error: %s\n", error->message);
    g_clear_error(&error);
    return EXIT_FAILURE;
  }
  sink = gst_bin_get_by_name(GST_BIN(application.pipeline), "sink");
  g_object_set(sink, "stream-name", argv[1], NULL);
  if (argc > 2) g_object_set(sink, "endpoint", argv[2], NULL);
  g_signal_connect(sink, "fragment-ack", G_CALLBACK(on_fragment_ack), &application);

  application.loop = g_main_loop_new(NULL, FALSE);
  bus = gst_element_get_bus(application.pipeline);
  gst_bus_add_watch(bus, on_message, &application);
  g_timeout_add_seconds(argc > 3 ? (guint)atoi(argv[3]) : 10, on_time_over, &application);
  gst_element_set_state(application.pipeline, GST_STATE_PLAYING);
  g_main_loop_run(application.loop);

  tell_stats(sink);
  gst_element_set_state(application.pipeline, GST_STATE_NULL);
  g_print("persisted: %d fragments\n", g_atomic_int_get(&application.persisted));
  gst_bus_remove_watch(bus);
  gst_object_unref(bus);
  gst_object_unref(sink);
  gst_object_unref(application.pipeline);
  g_main_loop_unref(application.loop);
  return application.status;
}
