package dev.engram.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.forget.MemoryEnhanced;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The race of caches: order, ratios, drop-outs; and its runners on a tiny model. No speed is asserted. */
class CacheRaceTest {
    @TempDir
    private Path folder;

    private final List<String> calls = new ArrayList<>();

    /** Somebody whose speed is a formula of the context. */
    private CacheEntrant entrant(String who, String dtype, String mode, CacheEntrant.Speed speed) {
        String name = who + " " + mode;
        return new CacheEntrant(
                who,
                dtype,
                mode,
                2048,
                (context, tokens) -> {
                    calls.add(name + " " + context);
                    return speed.of(context, tokens);
                },
                () -> calls.add(name + " released"));
    }

    @Test
    void ratiosAndBreakEven() {
        CacheRace race = new CacheRace(List.of(
                entrant("engram", "f32", CacheEntrant.BASELINE, (c, t) -> 100),
                entrant("engram", "f32", CacheEntrant.QUARTER, (c, t) -> c == 16 ? 104 : c == 512 ? 106 : 150),
                entrant("memollm", "f32", CacheEntrant.BASELINE, (c, t) -> 50),
                entrant("kvpress", "f32", CacheEntrant.QUARTER, (c, t) -> {
                    if (c == 1024) {
                        throw new BadInputException("too long");
                    }
                    return 25;
                }),
                entrant("memollm", "f16", CacheEntrant.BASELINE, (c, t) -> 10)));
        List<Integer> contexts = List.of(16, 512, 1024);
        race.run(contexts, 2, 8);
        List<CacheRace.OwnRow> own = race.own(contexts);
        assertEquals(6, own.size());
        assertEquals(1, own.get(0).of_baseline());
        assertEquals(1.04, own.get(1).of_baseline(), 1e-9);
        assertEquals(512, CacheRace.breakEven(own, "f32"));
        assertEquals(-1, CacheRace.breakEven(own.subList(0, 2), "f32"));
        assertEquals(-1, CacheRace.breakEven(own, "bf16"));
        List<CacheRace.PeerRow> peers = race.peers(contexts);
        assertEquals(5, peers.size(), peers.toString()); // f32 meets f32 only, and nobody at 1024 forgets
        assertEquals(2, peers.get(0).ratio());
        assertEquals(104 / 25.0, peers.get(1).ratio(), 1e-9);
        assertEquals(List.of("kvpress f32 quarter at 1024: too long"), race.dropped());
        assertEquals(1, calls.stream().filter("kvpress quarter 1024"::equals).count());
        // a warm-up and two rounds in turn, then everybody frees the context
        assertEquals("engram baseline 16", calls.get(0));
        assertEquals("memollm baseline 16", calls.get(5)); // the order moves on
        assertEquals("engram baseline 16", calls.get(6));
        assertEquals(15, calls.indexOf("engram baseline released"));
        assertEquals("engram baseline 512", calls.get(20));
    }

    @Test
    void aFaultOfOurOwnEndsTheRace() {
        CacheRace race = new CacheRace(List.of(entrant("engram", "f32", "baseline", (c, t) -> {
            throw new BadInputException("broken");
        })));
        assertThrows(BadInputException.class, () -> race.run(List.of(16), 1, 8));
    }

    @Test
    void everyRunnerRuns() throws IOException {
        String model = TinyModel.write(folder.resolve("tiny")).toString();
        LoadOptions options =
                LoadOptions.defaults().withDtype(LoadOptions.DType.F32).withThreads(1);
        try (CausalLm lm = CausalLm.open(model, options)) {
            List<CacheEntrant> all = List.of(
                    CacheEntrant.fixed(lm, "f32", CacheEntrant.BASELINE),
                    CacheEntrant.fixed(lm, "f32", CacheEntrant.QUARTER),
                    CacheEntrant.forgetting(
                            lm, "f32", CacheEntrant.MEMORY_ENHANCED, 50, MemoryEnhanced.defaults()::create));
            CacheRace race = new CacheRace(all);
            race.run(List.of(1, 16, 100), 2, 4);
            assertEquals(8, race.own(List.of(1, 16, 100)).size(), "one is not asked beyond 50 tokens");
            assertEquals(1, race.dropped().size());
            assertTrue(race.own(List.of(1, 16, 100)).stream().allMatch(r -> r.tokens_per_second() > 0));
        }
    }

    @Test
    void peersAreToldTheMode() {
        String script = "echo '{\"ready\": true}'; while read -r line; do case \"$line\" in"
                + " *'\"context\":7,\"tokens\":3,\"mode\":\"memory_enhanced\"'*) echo '{\"tokens_per_second\": 12.5}';;"
                + " *quit*) exit;; *) echo '{\"error\": \"no\"}';; esac; done";
        try (PeerContestant peer = new PeerContestant("memollm", "f32", "eager", List.of("sh", "-c", script))) {
            CacheEntrant forgetting =
                    CacheEntrant.peer(peer, "memory_enhanced", Map.of("mode", "memory_enhanced"), 100, () -> {});
            assertEquals(12.5, forgetting.speed().of(7, 3));
            assertThrows(BadInputException.class, () -> forgetting.speed().of(101, 3));
            CacheEntrant baseline = CacheEntrant.peer(peer, "baseline", Map.of("mode", "baseline"), 100, () -> {});
            assertThrows(BadInputException.class, () -> baseline.speed().of(7, 3));
        }
    }
}
