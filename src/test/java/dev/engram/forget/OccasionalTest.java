package dev.engram.forget;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.model.CachePolicy.Layer;
import dev.engram.model.CausalLm;
import dev.engram.model.GenerationConfig;
import dev.engram.model.GenerationListener;
import dev.engram.model.KvCache;
import dev.engram.model.LoadOptions;
import dev.engram.model.Seams;
import dev.engram.model.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A scorer that looks at deciding passes only. */
class OccasionalTest {
    @TempDir
    private Path folder;

    /** Notes when it was shown a pass. */
    private static final class Noting implements SlotScorer {
        private final TreeSet<Integer> seen = new TreeSet<>();

        @Override
        public int queries() {
            return ALL;
        }

        @Override
        public void observe(Layer layer) {
            seen.add(layer.cache().tokensSeen());
        }

        @Override
        public float[][] score(Layer layer) {
            return new float[1][layer.slots()];
        }
    }

    private void generate(SlotScorer scorer, EvictionConfig config) throws IOException {
        String model = TinyModel.write(folder.resolve("tiny")).toString();
        try (CausalLm lm = CausalLm.open(
                        model,
                        LoadOptions.defaults().withDtype(LoadOptions.DType.F32).withThreads(1));
                KvCache cache = lm.decoder().newCache()) {
            lm.generate(
                    IntStream.range(1, 21).toArray(),
                    cache,
                    GenerationConfig.greedy(41).withForceExactLength(true),
                    Seams.none(),
                    new Eviction(scorer, config),
                    GenerationListener.SILENT);
        }
    }

    @Test
    void looksWhenItDecides() throws IOException {
        EvictionConfig config = EvictionConfig.of(Budget.tokens(100)).withEvery(16);
        Noting always = new Noting();
        generate(always, config);
        assertEquals(41, always.seen.size());
        Noting seldom = new Noting();
        generate(new Occasional(seldom), config);
        assertEquals(List.of(20, 36, 52), new ArrayList<>(seldom.seen));
    }

    @Test
    void slotsBornUnseenHaveTheirTrueAge() throws IOException {
        // Nothing rehearses and S stays 5: a slot's ln R is its age in tokens over the time constant, however it was
        // seen.
        EbbinghausConfig time = EbbinghausConfig.plain(50).withRehearsal(Double.POSITIVE_INFINITY, 0);
        EvictionConfig config =
                EvictionConfig.of(Budget.tokens(200)).withEvery(16).withFloor(-0.5);
        Ebbinghaus always = new Ebbinghaus(time);
        Ebbinghaus seldom = new Ebbinghaus(time);
        assertEquals(lengths(always, config), lengths(new Occasional(seldom), config));
    }

    private List<Integer> lengths(SlotScorer scorer, EvictionConfig config) throws IOException {
        String model = TinyModel.write(folder.resolve("tiny")).toString();
        try (CausalLm lm = CausalLm.open(
                        model,
                        LoadOptions.defaults().withDtype(LoadOptions.DType.F32).withThreads(1));
                KvCache cache = lm.decoder().newCache()) {
            lm.generate(
                    IntStream.range(1, 21).toArray(),
                    cache,
                    GenerationConfig.greedy(61).withForceExactLength(true),
                    Seams.none(),
                    new Eviction(scorer, config),
                    GenerationListener.SILENT);
            // The youngest slot of the last decision, at token 68, is as old as the oldest kept: 25 tokens.
            assertEquals(68 - 25, cache.positions(0, 0)[0] + 1);
            return IntStream.range(0, cache.layers()).map(cache::length).boxed().toList();
        }
    }
}
