package dev.engram.forget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDManager;
import dev.engram.model.CachePolicy;
import dev.engram.model.CausalLm;
import dev.engram.model.Decoder;
import dev.engram.model.GenerationConfig;
import dev.engram.model.GenerationListener;
import dev.engram.model.Golden;
import dev.engram.model.KvCache;
import dev.engram.model.LmConfig;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.PolicyRunner;
import dev.engram.model.Positions;
import dev.engram.model.RandomCheckpoint;
import dev.engram.model.Seams;
import dev.engram.model.engine.NativeHeap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a budget saves on long texts: bytes of the buffers and of the process, at the end and at the peak. */
class LongTextTest {
    private static final int TOKENS = 8192;
    private static final int BUDGET = TOKENS / 4;
    private static final int CHUNK = 64;

    private static byte[] garbage;

    /**
     * Bytes of the buffers at the end and at their peak; growth of the process's resident size, which holds a little of the JVM's
     * own besides and is asserted with that much room.
     */
    private record Held(long end, long peak, long resident) {}

    /** Little arithmetic and wide keys: 32 kB a token. */
    private static Decoder wideKeys() {
        return Golden.decoder(
                new RandomCheckpoint(
                        new LmConfig(
                                LmConfig.Family.LLAMA,
                                8,
                                64,
                                4,
                                4,
                                128,
                                128,
                                512,
                                16384,
                                1e-5,
                                Positions.rope(10000),
                                true,
                                false,
                                false),
                        7,
                        0.3),
                Golden.F32);
    }

    private static long residentBytes() {
        try {
            for (int i = 0; i < 3; i++) {
                System.gc();
                Thread.sleep(100);
            }
            NativeHeap.trim(); // or what passes have used and freed would count as held
            return 1024
                    * Files.readAllLines(Path.of("/proc/self/status")).stream()
                            .filter(l -> l.startsWith("VmRSS:"))
                            .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")))
                            .findFirst()
                            .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Uses the Java heap's young part whole, whose pages stay with the process from then on. */
    private static void touchHeap() {
        for (int i = 0; i < 1024; i++) {
            garbage = new byte[1 << 20];
        }
        garbage = null;
    }

    private static int[] text(Decoder decoder, int tokens) {
        return IntStream.range(0, tokens)
                .map(i -> (int) ((7919L * i + 13) % decoder.config().vocab()))
                .toArray();
    }

    private static Held read(Decoder decoder, int[] ids, CachePolicy policy) {
        long before = residentBytes();
        long peak = 0;
        try (KvCache cache = decoder.newCache()) {
            PolicyRunner runner = new PolicyRunner(policy, cache);
            Seams seams = runner.listen(Seams.none());
            for (int at = 0; at < ids.length; at += CHUNK) {
                int[] chunk = Arrays.copyOfRange(ids, at, Math.min(ids.length, at + CHUNK));
                runner.before(chunk.length);
                try (NDManager scope = decoder.newScope()) {
                    decoder.forward(scope, new int[][] {chunk}, cache, seams);
                    peak = Math.max(peak, cache.bytesHeld());
                    runner.apply(chunk.length);
                }
            }
            return new Held(cache.bytesHeld(), peak, residentBytes() - before);
        }
    }

    private static void bytesFallByTheDeletedShare(Decoder decoder, Supplier<CachePolicy> policy) {
        assumeTrue(Files.isReadable(Path.of("/proc/self/status")), "resident size is read from /proc");
        int[] ids = text(decoder, TOKENS);
        read(decoder, text(decoder, BUDGET + 512), policy.get()); // the engine's own growth is not the cache's
        touchHeap();
        Held kept = read(decoder, ids, policy.get());
        Held full = read(decoder, ids, null);
        double share = 1 - (double) BUDGET / TOKENS;
        System.out.printf(
                "8,192 tokens, %d kept: bytes held -%.2f %%, peak -%.2f %%, resident -%.2f %% (%d of %d MB)%n",
                BUDGET,
                100 - 100.0 * kept.end / full.end,
                100 - 100.0 * kept.peak / full.peak,
                100 - 100.0 * kept.resident / full.resident,
                kept.resident >> 20,
                full.resident >> 20);
        assertEquals(share, 1 - (double) kept.end / full.end, 0.01, "held at the end");
        assertEquals(share, 1 - (double) kept.peak / full.peak, 0.01, "held at the peak");
        assertEquals(share, 1 - (double) kept.resident / full.resident, 0.12, "resident at the end");
    }

    @Test
    void bytesFallByTheDeletedShare() {
        try (Decoder decoder = wideKeys()) {
            bytesFallByTheDeletedShare(
                    decoder, () -> Policies.create("window", EvictionConfig.of(Budget.tokens(BUDGET))));
        }
    }

    @Test
    @Tag("long")
    @Tag("default-model")
    void bytesFallByTheDeletedShareInTheDefaultModel() {
        try (CausalLm lm = CausalLm.open("default", LoadOptions.defaults().withDtype(DType.F32))) {
            bytesFallByTheDeletedShare(
                    lm.decoder(),
                    () -> Policies.create(
                            "ebbinghaus-budget",
                            EvictionConfig.of(Budget.tokens(BUDGET)).withProtection(4, 32)));
        }
    }

    @Test
    @Tag("long")
    @Tag("default-model")
    void eightThousandTokensInFlatMemory() {
        generates(8000, false);
    }

    @Test
    @Tag("long")
    @Tag("default-model")
    void withNewPositionsBeyondTheTrainedContext() {
        generates(16000, true);
    }

    /** Generates so many tokens on a budget of 512; the resident size of the second half is that of the first. */
    private static void generates(int tokens, boolean rebase) {
        assumeTrue(Files.isReadable(Path.of("/proc/self/status")), "resident size is read from /proc");
        try (EbbinghausLlm llm = new EbbinghausLlm(CausalLm.open("default"))) {
            int[] prompt = llm.lm().tokenizer().encode("Once upon a time");
            List<Long> sizes = new ArrayList<>();
            EvictionConfig eviction = MemoryEnhanced.defaults().eviction().withBudget(Budget.tokens(512));
            MemoryEnhanced memory = MemoryEnhanced.defaults()
                    .withPolicy("ebbinghaus-budget")
                    .withEviction(rebase ? eviction.withRebase(true) : eviction);
            GenerationListener look = new GenerationListener() {
                private int seen;

                @Override
                public void token(int id) {
                    if (++seen % 500 == 0) {
                        sizes.add(residentBytes() >> 20);
                    }
                }
            };
            int most = rebase ? tokens : Math.min(tokens, llm.lm().config().contextLength() - prompt.length);
            ForgettingResult result =
                    llm.generate(prompt, GenerationConfig.greedy(most).withForceExactLength(true), memory, false, look);
            System.out.println("resident MB every 500 tokens: " + sizes);
            assertEquals(most, result.generation().numTokens());
            assertTrue(Collections.max(result.layerLengths()) <= 512 + MemoryEnhanced.EVERY, "layers stay in budget");
            long early = Collections.max(sizes.subList(1, sizes.size() / 2));
            long late = Collections.max(sizes.subList(sizes.size() / 2, sizes.size()));
            assertTrue(late <= early * 1.05 + 4, "resident size grew from " + early + " to " + late + " MB");
        }
    }
}
