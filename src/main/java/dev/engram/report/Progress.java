package dev.engram.report;

import java.util.Collection;
import java.util.Iterator;
import java.util.function.LongSupplier;

/**
 * Tells how far a long task is and when it will end: as a bar in a notebook cell, as a bar on a terminal, and elsewhere as a
 * plain line every ten seconds on standard error. Safe to use from several threads.
 *
 * <pre>{@code
 * for (var passage : Progress.over("Encoding", passages)) { … }
 * }</pre>
 */
public final class Progress implements AutoCloseable {
    /** Where progress is shown. */
    interface View {
        /** Called after every step; the view decides how often it really draws. */
        void show(State state);

        /** Called once, at the end. */
        void end(State state);
    }

    /**
     * How far a task is.
     *
     * @param task what is done
     * @param done steps finished
     * @param total steps in all
     * @param elapsed seconds since the start
     * @param left seconds still expected, NaN while nothing is known
     * @param note the latest remark of the task, or empty
     */
    record State(String task, long done, long total, double elapsed, double left, String note) {
        /** One line without a line feed, for example {@code Encoding: 12 of 48 (25 %), 3.0 s, about 9.0 s left}. */
        String line() {
            long percent = total == 0 ? 100 : 100 * done / total;
            String line = task + ": " + done + " of " + total + " (" + percent + " %), " + Format.seconds(elapsed);
            if (done < total && !Double.isNaN(left)) {
                line += ", about " + Format.seconds(left) + " left";
            }
            return note.isEmpty() ? line : line + ", " + note;
        }
    }

    private final String task;
    private final long total;
    private final LongSupplier clock;
    private final View view;
    private final long start;
    private long done;
    private String note = "";
    private boolean open = true;

    Progress(String task, long total, LongSupplier clock, View view) {
        if (total < 0) {
            throw new IllegalArgumentException("The task '" + task + "' has " + total + " steps; give 0 or more.");
        }
        this.task = task;
        this.total = total;
        this.clock = clock;
        this.view = view;
        this.start = clock.getAsLong();
        view.show(state());
    }

    /** Starts a task of the given number of steps, shown wherever this process runs. */
    public static Progress start(String task, long total) {
        return new Progress(task, total, System::nanoTime, ProgressViews.here(task, total));
    }

    /** The items one by one, each counted when the next is asked for. */
    public static <T> Iterable<T> over(String task, Collection<T> items) {
        return () -> start(task, items.size()).counting(items.iterator());
    }

    /** Counts one finished step. */
    public void step() {
        step(1);
    }

    /** Counts finished steps. */
    public synchronized void step(long steps) {
        done = Math.min(total, done + steps);
        if (open) {
            view.show(state());
        }
    }

    /** Sets the remark shown beside the numbers, for example the loss; empty removes it. */
    public synchronized void note(String text) {
        note = text;
    }

    /** Seconds still expected if the steps to come take as long as those done; NaN before the first. */
    public synchronized double secondsLeft() {
        return state().left();
    }

    /** Shows the final state. */
    @Override
    public synchronized void close() {
        if (open) {
            open = false;
            view.end(state());
        }
    }

    private State state() {
        double elapsed = (clock.getAsLong() - start) / 1e9;
        double left = done == 0 ? Double.NaN : elapsed * (total - done) / done;
        return new State(task, done, total, elapsed, left, note);
    }

    private <T> Iterator<T> counting(Iterator<T> items) {
        return new Iterator<>() {
            private boolean started;

            @Override
            public boolean hasNext() {
                boolean more = items.hasNext();
                if (!more) {
                    count();
                    close();
                }
                return more;
            }

            @Override
            public T next() {
                count();
                T item = items.next();
                started = true;
                return item;
            }

            private void count() {
                if (started) {
                    started = false;
                    step();
                }
            }
        };
    }
}
