package dev.engram.dual;

/** Which of the two memories act. With none of them the model is the plain decoder. */
public enum Memories {
    NONE,
    SHORT_TERM,
    LONG_TERM,
    BOTH;

    public boolean shortTerm() {
        return this == SHORT_TERM || this == BOTH;
    }

    public boolean longTerm() {
        return this == LONG_TERM || this == BOTH;
    }
}
