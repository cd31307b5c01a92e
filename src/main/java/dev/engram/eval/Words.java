package dev.engram.eval;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Seeded names and numbers for probes. */
final class Words {
    private static final List<String> ADJECTIVES = List.of(
            "red",
            "blue",
            "green",
            "silver",
            "old",
            "quiet",
            "northern",
            "broken",
            "golden",
            "narrow",
            "hidden",
            "empty",
            "stone",
            "lower",
            "second",
            "white");
    private static final List<String> PLACES = List.of(
            "harbour",
            "bridge",
            "garden",
            "tower",
            "cellar",
            "library",
            "bakery",
            "station",
            "lighthouse",
            "orchard",
            "museum",
            "chapel",
            "workshop",
            "market",
            "tunnel",
            "stable");
    static final List<String> NOUNS = List.of(
            "apple", "river", "window", "candle", "copper", "ladder", "pepper", "saddle", "ribbon", "hammer", "pillow",
            "basket", "garlic", "tiger", "violin", "button", "kettle", "rabbit", "mirror", "anchor", "feather",
            "cotton", "lemon", "pencil", "blanket", "cabbage", "diamond", "engine", "forest", "giraffe", "helmet",
            "island", "jacket", "kitten", "lantern", "magnet", "needle", "onion", "parrot", "rocket");

    private Words() {}

    /** Draws for one item. Neighbouring seeds begin alike in Random, so their bits are mixed first (SplitMix64, Steele et al. 2014). */
    static Random random(long seed) {
        long z = (seed + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return new Random(z ^ (z >>> 31));
    }

    /** Different keys such as "red harbour". */
    static List<String> keys(int n, Random random) {
        Set<String> keys = new LinkedHashSet<>();
        while (keys.size() < n) {
            keys.add(one(ADJECTIVES, random) + " " + one(PLACES, random));
        }
        return new ArrayList<>(keys);
    }

    /** Different numbers of five digits. */
    static List<String> numbers(int n, Random random) {
        Set<String> numbers = new LinkedHashSet<>();
        while (numbers.size() < n) {
            numbers.add("" + (10_000 + random.nextInt(90_000)));
        }
        return new ArrayList<>(numbers);
    }

    /** The nouns in a seeded order. */
    static List<String> shuffled(Random random) {
        List<String> all = new ArrayList<>(NOUNS);
        Collections.shuffle(all, random);
        return all;
    }

    static <T> T one(List<T> all, Random random) {
        return all.get(random.nextInt(all.size()));
    }
}
