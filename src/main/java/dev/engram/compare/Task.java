package dev.engram.compare;

import java.util.Arrays;
import java.util.Locale;

/** What is asked about a fact. */
public enum Task {
    /** The stored sentence word for word, with a gap for the value. */
    CLOZE(24),
    /** A question in a wording that trained arms have learned. */
    TRAINED(24),
    /** A question of other syntax, which no arm has seen. */
    HELDOUT(24),
    /** From the value to the entity. */
    REVERSE(24),
    /** Two facts in a row. */
    TWO_HOP(24),
    /** The later value, after it was written; the old one is the rejected answer. */
    UPDATE(24),
    /** A name that nobody has heard of: the memory should decline. */
    UNKNOWN(24),
    /** Which of two facts became known first: a choice between two answers. */
    ORDER(0),
    /** A held-out question after three other exchanges. */
    TURNS(24),
    /** A held-out question where two answers before it began with a thought. */
    THINK(48);

    private final int newTokens;

    Task(int newTokens) {
        this.newTokens = newTokens;
    }

    /** Tokens that an answer may have; 0 where two answers are only weighed. */
    public int newTokens() {
        return newTokens;
    }

    /** Whether the loss of the right answer is taken too: where it says more than the answer does, or for the comparison's own sake. */
    public boolean scored() {
        return this == HELDOUT || this == REVERSE || this == UPDATE || this == ORDER;
    }

    /** As it stands in the rows. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The test with this name in the rows. */
    public static Task of(String key) {
        return Arrays.stream(values())
                .filter(t -> t.key().equals(key))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("There is no test '" + key + "'."));
    }
}
