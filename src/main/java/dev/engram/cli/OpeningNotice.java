package dev.engram.cli;

import java.io.PrintStream;

/** Says that a model is being opened, if that takes long (a large file, a download). */
final class OpeningNotice implements AutoCloseable {
    private static final long FIRST_MILLIS = 3_000;
    private static final long NEXT_MILLIS = 15_000;

    private final Thread thread;

    private OpeningNotice(Thread thread) {
        this.thread = thread;
    }

    static OpeningNotice start(String model, PrintStream err) {
        return start(model, err, FIRST_MILLIS, NEXT_MILLIS);
    }

    /** The same with other times, in milliseconds. */
    static OpeningNotice start(String model, PrintStream err, long first, long next) {
        long start = System.nanoTime();
        Thread thread = new Thread(
                () -> {
                    try {
                        Thread.sleep(first);
                        err.println("Opening the model '" + model + "' ...");
                        while (true) {
                            Thread.sleep(next);
                            err.println("  still opening it, " + (System.nanoTime() - start) / 1_000_000_000 + " s");
                        }
                    } catch (InterruptedException e) {
                        // opened
                    }
                },
                "opening-notice");
        thread.setDaemon(true);
        thread.start();
        return new OpeningNotice(thread);
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
