package dev.engram.compare;

import dev.engram.model.CausalLm;

/** A way of keeping facts. It is asked under one condition after the other; {@link Condition#UPDATED} comes last. */
public interface Arm extends AutoCloseable {
    /** As it stands in the rows. */
    String name();

    /** The arm in a condition; null where it has none of its own. An earlier answerer may not be used any more. */
    Answerer in(Condition condition);

    /** The model whose weights answer, as they are now: for the perplexity of ordinary text. */
    CausalLm lm();

    /** What it took to write the facts, and what one more question costs. */
    Price price();

    @Override
    void close();
}
