package dev.engram.compare;

import dev.engram.world.Fact;
import java.nio.charset.StandardCharsets;
import java.util.function.ToLongFunction;

/** Parts of prices that several arms share. */
final class Prices {
    private Prices() {}

    /** Mean bytes of a stored sentence in UTF-8. */
    static double textBytes(Subject subject) {
        return mean(subject, f -> f.statement().getBytes(StandardCharsets.UTF_8).length);
    }

    /** Mean over the asked facts. */
    static double mean(Subject subject, ToLongFunction<Fact> number) {
        return subject.facts().stream().mapToLong(number).average().orElseThrow();
    }

    /** Seconds since a moment of {@link System#nanoTime}. */
    static double since(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
