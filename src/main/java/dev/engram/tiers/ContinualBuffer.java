package dev.engram.tiers;

import dev.engram.model.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The continual-learning module of seed 003, section 6.3: new knowledge is collected, and when the buffer is full everything in it
 * becomes memories, the model is fine-tuned a little on it, and the buffer is emptied.
 *
 * <p>As published, what is in the buffer is neither a memory nor learned: with 100 places it may wait for 99 others. {@code early} stores
 * each piece as a memory at once, so that the buffer delays the fine-tuning alone.
 *
 * @param <T> a piece of knowledge
 */
public final class ContinualBuffer<T> {
    /** The published size. */
    public static final int SIZE = 100;

    private final int size;
    private final boolean early;
    private final Consumer<T> remember;
    private final Consumer<List<T>> learn;
    private final List<T> buffer = new ArrayList<>();

    /**
     * Starts empty.
     *
     * @param size pieces at which the update comes
     * @param early whether a piece becomes a memory as it comes
     * @param remember makes a memory of a piece
     * @param learn fine-tunes on all pieces of a full buffer
     */
    public ContinualBuffer(int size, boolean early, Consumer<T> remember, Consumer<List<T>> learn) {
        if (size < 1) {
            throw new BadInputException("The buffer has " + size + " places; give at least 1.");
        }
        this.size = size;
        this.early = early;
        this.remember = remember;
        this.learn = learn;
    }

    /** Takes a piece; returns whether it completed a buffer and led to an update. */
    public boolean add(T piece) {
        buffer.add(piece);
        if (early) {
            remember.accept(piece);
        }
        if (buffer.size() < size) {
            return false;
        }
        if (!early) {
            buffer.forEach(remember);
        }
        learn.accept(List.copyOf(buffer));
        buffer.clear();
        return true;
    }

    /** Pieces that wait. */
    public int waiting() {
        return buffer.size();
    }
}
