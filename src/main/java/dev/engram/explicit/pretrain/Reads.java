package dev.engram.explicit.pretrain;

import java.util.Locale;

/** What is read beside a text or a question. */
public enum Reads {
    /** Nothing: the plain decoder. */
    NONE,
    /** What the text's chunks retrieve; for a question, the statement of its fact. */
    RIGHT,
    /** Another text's references; for a question, the same relation of another entity. */
    WRONG;

    /** Its name in tables. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
