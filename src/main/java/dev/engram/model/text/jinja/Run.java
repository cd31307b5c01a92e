package dev.engram.model.text.jinja;

import java.time.Clock;
import java.util.List;

/**
 * One rendering: its output and what it may still spend. Every step of the interpreter and every character or element
 * that it makes is charged, so that a hostile template ends with a fault and neither hangs nor fills the memory.
 */
final class Run {
    /** About a second of work and at most about 100 MB; a long conversation takes a hundredth. */
    private static final long BUDGET = 50_000_000;
    /** What one element of a list costs, in characters. */
    static final int ELEMENT = 16;

    private static final int DEEPEST_CALL = 100;

    final Clock clock;
    private long left;
    private int depth;
    private StringBuilder out = new StringBuilder();

    /** @param input length of what the template is given; copying it is charged too and must not count against it */
    Run(Clock clock, long input) {
        this.clock = clock;
        this.left = BUDGET + 20 * input;
    }

    void charge(long units) {
        left -= units;
        if (left < 0) {
            throw new TemplateException("it takes too many steps or makes too much text");
        }
    }

    /** Charges a text that is about to be handed on. */
    String made(String text) {
        charge(text.length());
        return text;
    }

    <T extends List<?>> T made(T list) {
        charge((long) list.size() * ELEMENT);
        return list;
    }

    void print(String text) {
        charge(text.length());
        out.append(text);
    }

    /** Collects what a part of the template prints. */
    String capture(Runnable part) {
        StringBuilder outer = out;
        out = new StringBuilder();
        try {
            part.run();
            return out.toString();
        } finally {
            out = outer;
        }
    }

    void enter() {
        if (++depth > DEEPEST_CALL) {
            throw new TemplateException("its macros call each other more than " + DEEPEST_CALL + " levels deep");
        }
    }

    void leave() {
        depth--;
    }
}
