package dev.engram.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where a command reads, writes and learns of an interruption. Text is UTF-8 whatever the locale says.
 *
 * @param in standard input
 * @param fromTerminal whether somebody types there; else it is a pipe or a file
 * @param out standard output
 * @param sink under {@code out}; remembers a failed write
 * @param err standard error
 * @param interrupt Ctrl-C
 */
record Streams(InputStream in, boolean fromTerminal, PrintStream out, Sink sink, PrintStream err, Interrupt interrupt) {
    private static final int READER_GONE = 141;

    static Streams of(InputStream in, boolean fromTerminal, OutputStream out, OutputStream err, Interrupt interrupt) {
        Sink sink = new Sink(out);
        return new Streams(
                in,
                fromTerminal,
                new PrintStream(sink, false, StandardCharsets.UTF_8),
                sink,
                new PrintStream(err, true, StandardCharsets.UTF_8),
                interrupt);
    }

    /** Those of this process. */
    static Streams ofProcess() {
        return of(
                System.in, // not a FileInputStream of its own: its readAllBytes fails on pipes
                isTerminal("/proc/self/fd/0"),
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                Interrupt.ofSignal());
    }

    private static boolean isTerminal(String descriptor) {
        Path path = Path.of(descriptor);
        try {
            if (Files.exists(path)) {
                String name = path.toRealPath().toString();
                return name.startsWith("/dev/pts/") || name.startsWith("/dev/tty") || name.equals("/dev/console");
            }
        } catch (IOException e) {
            return false; // pipes have no path of their own
        }
        return !Files.exists(Path.of("/proc/self/fd")) && System.console() != null;
    }

    /** Prints and sends at once, so that a reader sees each word as it comes. */
    void stream(String text) {
        out.print(text);
        out.flush();
    }

    /** Whether going on is useless: somebody asked to stop, or the output cannot be written any more. */
    boolean stopped() {
        return interrupt.asked() || sink.failure() != null;
    }

    /** Sends what is left and says what went wrong with it; returns the exit code. */
    int finish(int code) {
        out.flush();
        err.flush();
        IOException failure = sink.failure();
        if (failure == null || code == Interrupt.EXIT_CODE) {
            return code;
        }
        String reason = String.valueOf(failure.getMessage());
        if (reason.contains("Broken pipe") || reason.contains("Connection reset")) {
            return READER_GONE; // as a program ends that `head` has left: without a word
        }
        err.println("engram: Standard output cannot be written (" + reason
                + "); free some disk space or send the output elsewhere.");
        return Failures.BAD_INPUT;
    }

    /** Hands bytes on until a write fails; remembers why and then takes bytes without effect. */
    static final class Sink extends OutputStream {
        private final OutputStream to;
        private volatile IOException failure;

        private Sink(OutputStream to) {
            this.to = to;
        }

        IOException failure() {
            return failure;
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) {
            attempt(() -> to.write(bytes, from, length));
        }

        @Override
        public void flush() {
            attempt(to::flush);
        }

        private void attempt(Write write) {
            if (failure == null) {
                try {
                    write.run();
                } catch (IOException e) {
                    failure = e;
                }
            }
        }

        private interface Write {
            void run() throws IOException;
        }
    }
}
