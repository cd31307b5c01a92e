package dev.engram.forget;

import dev.engram.model.CachePolicy.Layer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The lives of tokens in one layer of the cache: strength, time and retention after every pass, every rehearsal, and the end.
 * Recorded on request, since it costs a row per slot and pass.
 */
public final class LifeStories {
    private final Map<Integer, List<Life>> layers = new TreeMap<>();
    private final Map<Integer, List<Life>> living = new TreeMap<>();
    private int now;

    /** One pass in a token's life: S, t and R after it, and whether the pass rehearsed it. */
    public record Moment(int token, double strength, double time, boolean rehearsed) {
        public double retention() {
            return Math.exp(-time / strength);
        }
    }

    /** A token in one layer. */
    public static final class Life {
        private final int position;
        private final List<Moment> moments = new ArrayList<>();
        private int death = -1;

        Life(int position) {
            this.position = position;
        }

        /** Position of the token in the text. */
        public int position() {
            return position;
        }

        public List<Moment> moments() {
            return List.copyOf(moments);
        }

        public boolean alive() {
            return death < 0;
        }

        /** Tokens seen when it was deleted; −1 while it lives. */
        public int death() {
            return death;
        }

        public long rehearsals() {
            return moments.stream().filter(Moment::rehearsed).count();
        }

        /** Why it is gone, in words. */
        public String cause() {
            if (alive()) {
                return "alive";
            }
            Moment last = moments.get(moments.size() - 1);
            return String.format(
                    java.util.Locale.ROOT,
                    "deleted after token %d: R = %.3f, last rehearsed %.1f time units before",
                    death,
                    last.retention(),
                    last.time());
        }
    }

    void step(Layer layer, int head, int slot, int token, double strength, double time, boolean again) {
        if (head > 0) {
            return; // states per head: the first one's story is told
        }
        now = token;
        List<Life> slots = living.computeIfAbsent(layer.index(), i -> new ArrayList<>());
        while (slots.size() <= slot) {
            Life born = new Life(layer.positions(0)[slots.size()]);
            slots.add(born);
            layers.computeIfAbsent(layer.index(), i -> new ArrayList<>()).add(born);
        }
        slots.get(slot).moments.add(new Moment(token, strength, time, again));
    }

    void deleted(int layer, int[][] kept) {
        List<Life> before = living.get(layer);
        if (before == null) {
            return;
        }
        List<Life> stay = new ArrayList<>();
        Arrays.stream(kept[0]).forEach(s -> stay.add(before.get(s)));
        before.stream().filter(life -> !stay.contains(life)).forEach(life -> life.death = now);
        living.put(layer, stay);
    }

    /** All lives of a layer, by position. */
    public List<Life> of(int layer) {
        return List.copyOf(layers.getOrDefault(layer, List.of()));
    }

    /** Layers that were recorded. */
    public List<Integer> layers() {
        return List.copyOf(layers.keySet());
    }
}
