package dev.engram.eval;

import dev.engram.model.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.ToIntFunction;

/** Prose to hide something among: consecutive sentences from a seeded place on, going round at the end. */
final class Filler {
    /** Characters of the longest sentence taken. */
    private static final int LONGEST = 250;

    private final List<String> sentences;
    private final ToIntFunction<String> length;

    /**
     * Prepares filler.
     *
     * @param length tokens of a piece of text
     */
    Filler(Prose prose, ToIntFunction<String> length) {
        // a sentence much longer than the others would swallow several depths
        this.sentences =
                prose.sentences().stream().filter(s -> s.length() <= LONGEST).toList();
        this.length = length;
        if (sentences.isEmpty()) {
            throw new BadInputException("The filler prose has no sentence; give texts of data/prose.");
        }
    }

    /** Whole sentences of at most {@code tokens} tokens together, each led by a space. */
    List<String> take(int tokens, Random random) {
        List<String> taken = new ArrayList<>();
        int at = random.nextInt(sentences.size());
        for (int left = tokens; ; at++) {
            String next = " " + sentences.get(at % sentences.size());
            left -= length.applyAsInt(next);
            if (left < 0 || taken.size() == sentences.size()) {
                return taken;
            }
            taken.add(next);
        }
    }

    /** Index of the sentence before which a line stands at this depth: the one with that share of the tokens before it. */
    int at(List<String> taken, double depth) {
        double total = taken.stream().mapToInt(length).sum();
        double before = 0;
        for (int i = 0; i < taken.size(); i++) {
            double size = length.applyAsInt(taken.get(i));
            if (before + size / 2 > depth * total) {
                return i;
            }
            before += size;
        }
        return taken.size();
    }

    /** The filler with lines put in at these depths, as one text. */
    String with(List<String> taken, List<String> lines, double[] depths) {
        StringBuilder text = new StringBuilder();
        int[] places = new int[lines.size()];
        for (int i = 0; i < places.length; i++) {
            places[i] = at(taken, depths[i]);
        }
        for (int s = 0; s <= taken.size(); s++) {
            for (int i = 0; i < places.length; i++) {
                text.append(places[i] == s ? " " + lines.get(i) : "");
            }
            text.append(s < taken.size() ? taken.get(s) : "");
        }
        return text.toString().strip();
    }
}
