package dev.engram.forget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.forget.MemollmMemory.Fault;
import dev.engram.model.CachePolicy;
import dev.engram.model.CausalLm;
import dev.engram.model.GenerationConfig;
import dev.engram.model.GenerationListener;
import dev.engram.model.KvCache;
import dev.engram.model.LoadOptions;
import dev.engram.model.Seams;
import dev.engram.model.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The original on a cache: what its faults do to positions, keys and lengths. */
class MemollmReplayTest {
    private static final int NEW = 40;

    @TempDir
    static Path folder;

    private static CausalLm lm;

    @BeforeAll
    static void open() throws IOException {
        lm = CausalLm.open(
                TinyModel.write(folder.resolve("tiny")).toString(),
                LoadOptions.defaults().withDtype(LoadOptions.DType.F32).withThreads(1));
    }

    @AfterAll
    static void close() {
        lm.close();
    }

    /** What a run left: ids, next position, slots of each layer. */
    private record Run(List<Integer> ids, int next, int[] lengths, int seen) {}

    private static Run run(CachePolicy policy) {
        try (KvCache cache = lm.decoder().newCache()) {
            List<Integer> ids = lm.generate(
                            IntStream.range(1, 21).toArray(),
                            cache,
                            GenerationConfig.greedy(NEW).withForceExactLength(true),
                            Seams.none(),
                            policy,
                            GenerationListener.SILENT)
                    .ids();
            int[] lengths =
                    IntStream.range(0, cache.layers()).map(cache::length).toArray();
            return new Run(ids, cache.nextPosition(), lengths, cache.tokensSeen());
        }
    }

    private static CachePolicy replay(double dt, double threshold, Set<Fault> faults) {
        return new MemollmReplay(dt, threshold, false, faults);
    }

    @Test
    void withoutTimeItIsTheFullCache() {
        Run full = run(null);
        // t stays next to 0, so R is 1 and the faded copy is the cache itself
        Run ours = run(replay(1e-9, 0.5, EnumSet.allOf(Fault.class)));
        assertEquals(full.ids(), ours.ids());
        assertEquals(full.next(), ours.next());
        for (int length : ours.lengths()) {
            assertEquals(20 + NEW - 1, length);
        }
    }

    @Test
    void stalePositionsRunBehindTheText() {
        Run stale = run(replay(0.5, 0.9, EnumSet.allOf(Fault.class)));
        assertTrue(stale.lengths()[0] < stale.seen(), "layer 0 lost something");
        assertTrue(stale.next() < stale.seen(), "the next position is layer 0's length: " + stale.next());
        Run right = run(replay(0.5, 0.9, EnumSet.complementOf(EnumSet.of(Fault.STALE_POSITIONS))));
        assertEquals(right.seen(), right.next(), "without the fault a token keeps its true position");
    }

    @Test
    void fadedReadingChangesWhatIsSaidAndSoftReadingDiffersFromIt() {
        Set<Fault> scaling = EnumSet.of(Fault.SCALING);
        Run faded = run(replay(0.5, 1e-6, scaling));
        Run soft = run(replay(0.5, 1e-6, EnumSet.noneOf(Fault.class)));
        assertEquals(20 + NEW - 1, faded.lengths()[0], "nothing is deleted");
        assertTrue(
                !faded.ids().equals(soft.ids()) || !faded.ids().equals(run(null).ids()), "fading shows");
    }

    @Test
    void itsOwnConstantsDeleteNothingHere() {
        Run own = run(Policies.create("memollm-35ae783", EvictionConfig.of(Budget.unlimited())));
        assertEquals(20 + NEW - 1, IntStream.of(own.lengths()).min().orElseThrow());
    }
}
