package dev.engram.report;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** The three places where progress is shown. */
final class ProgressViews {
    private ProgressViews() {}

    /** The view that suits where this process runs: a notebook cell, a terminal, or a log. */
    static Progress.View here(String task, long total) {
        return CellOutput.current()
                .<Progress.View>map(Cell::new)
                .orElseGet(() -> isTerminal() ? new Terminal(task, total) : new Lines(System.err, 10));
    }

    /** Whether standard error is a terminal. {@link System#console()} looks at standard output, so it is the second choice. */
    private static boolean isTerminal() {
        try {
            Path error = Path.of("/proc/self/fd/2");
            if (Files.exists(error)) {
                String name = error.toRealPath().toString();
                return name.startsWith("/dev/pts/") || name.startsWith("/dev/tty");
            }
        } catch (IOException e) {
            // Pipes have no path of their own.
            return false;
        }
        return System.console() != null;
    }

    /** A plain line now and then, and one at the end; for logs. */
    static final class Lines implements Progress.View {
        private final PrintStream out;
        private final double every;
        private double last;

        Lines(PrintStream out, double everySeconds) {
            this.out = out;
            this.every = everySeconds;
        }

        @Override
        public void show(Progress.State state) {
            if (state.elapsed() - last >= every && state.done() < state.total()) {
                last = state.elapsed();
                out.println(state.line());
            }
        }

        @Override
        public void end(Progress.State state) {
            out.println(state.line());
        }
    }

    /** A bar that stays on one line of the terminal. */
    static final class Terminal implements Progress.View {
        private final ProgressBar bar;

        Terminal(String task, long total) {
            bar = new ProgressBarBuilder()
                    .setTaskName(task)
                    .setInitialMax(total)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(200)
                    .build();
        }

        @Override
        public void show(Progress.State state) {
            bar.setExtraMessage(state.note().isEmpty() ? "" : " " + state.note());
            bar.stepTo(state.done());
        }

        @Override
        public void end(Progress.State state) {
            show(state);
            bar.close();
        }
    }

    /** A bar in the output of a notebook cell; its last state stays in the saved notebook. */
    static final class Cell implements Progress.View {
        /** Seconds between two updates: smooth to the eye, and few messages. */
        private static final double EVERY = 0.25;

        private final CellOutput output;
        private String handle;
        private double last;

        Cell(CellOutput output) {
            this.output = output;
        }

        @Override
        public void show(Progress.State state) {
            if (handle == null) {
                handle = output.show(state.line(), html(state));
            } else if (state.elapsed() - last >= EVERY) {
                draw(state);
            }
        }

        @Override
        public void end(Progress.State state) {
            draw(state);
        }

        private void draw(Progress.State state) {
            last = state.elapsed();
            output.update(handle, state.line(), html(state));
        }

        private static String html(Progress.State state) {
            return "<progress value=\"" + state.done() + "\" max=\"" + Math.max(1, state.total())
                    + "\" style=\"width:220px;vertical-align:middle\"></progress> " + Tables.escape(state.line());
        }
    }
}
