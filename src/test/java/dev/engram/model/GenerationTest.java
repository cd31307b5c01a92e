package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.Generation.Finish;
import dev.engram.model.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The loop of generation on a model that speaks nonsense. */
class GenerationTest {
    private static final GenerationConfig GREEDY = GenerationConfig.greedy(20);
    private static final GenerationConfig DRAWN = GREEDY.withTemperature(1).withSeed(9);

    private static Decoder decoder;
    private static Tokenizer tokenizer;
    private static int[] prompt;

    @BeforeAll
    static void open() {
        decoder = TinyText.decoder();
        tokenizer = TinyText.tokenizer();
        prompt = tokenizer.encode("the end of a stop");
    }

    @AfterAll
    static void close() {
        decoder.close();
        tokenizer.close();
    }

    private static Generation run(GenerationConfig config, Set<Integer> eos, GenerationListener listener) {
        try (KvCache cache = decoder.newCache()) {
            return new Generator(decoder, tokenizer, eos).run(prompt, cache, config, Seams.none(), null, listener);
        }
    }

    private static Generation run(GenerationConfig config) {
        return run(config, Set.of(), GenerationListener.SILENT);
    }

    /** The loop in its plainest form: everything is read again for each token. */
    private static List<Integer> uncached(int tokens) {
        List<Integer> ids = new ArrayList<>();
        for (int t = 0; t < tokens; t++) {
            int[] all = IntStream.concat(IntStream.of(prompt), ids.stream().mapToInt(Integer::intValue))
                    .toArray();
            float[] logits = Runs.logits(decoder, Runs.Driver.STACK, all, Seams.none());
            int vocab = decoder.config().vocab();
            ids.add(Sampler.argmax(java.util.Arrays.copyOfRange(logits, logits.length - vocab, logits.length)));
        }
        return ids;
    }

    @Test
    void greedyIsTheLikeliestToken() {
        Generation g = run(GREEDY);
        assertEquals(uncached(20), g.ids());
        assertEquals(Finish.LENGTH, g.finish());
        assertEquals(20, g.numTokens());
        assertEquals(prompt.length, g.promptTokens());
        assertEquals("the end of a stop", g.promptText());
        assertTrue(g.prefillSeconds() > 0 && g.decodeSeconds() > 0);
        assertEquals(20 / g.seconds(), g.tokensPerSecond(), 1e-9);
        assertEquals(19 / g.decodeSeconds(), g.decodeTokensPerSecond(), 1e-9);
        // through the sampler's own path
        assertEquals(g.ids(), run(GREEDY.withPresencePenalty(1e-9)).ids());
        assertNotEquals(g.ids(), run(GREEDY.withRepetitionPenalty(1.8)).ids());
    }

    @Test
    void thePromptMayBeReadInChunks() {
        List<Integer> whole = run(GREEDY).ids();
        for (int chunk : new int[] {1, 2, 5, prompt.length - 1, prompt.length, prompt.length + 1}) {
            assertEquals(whole, run(GREEDY.withPrefillChunk(chunk)).ids(), "chunks of " + chunk);
        }
    }

    @Test
    void aSeedRepeats() {
        assertEquals(run(DRAWN).ids(), run(DRAWN).ids());
        assertEquals(run(DRAWN).text(), run(DRAWN).text());
        assertNotEquals(run(DRAWN).ids(), run(DRAWN.withSeed(10)).ids());
    }

    @Test
    void anEndTokenEnds() {
        List<Integer> ids = run(DRAWN).ids();
        int end = ids.get(6);
        int at = ids.indexOf(end);
        Generation ended = run(DRAWN, Set.of(end, 5000), GenerationListener.SILENT);
        assertEquals(Finish.EOS, ended.finish());
        assertEquals(ids.subList(0, at + 1), ended.ids());
        assertEquals(tokenizer.decode(ints(ids.subList(0, at)), true), ended.text());
        // forced to the exact length, it is a token like any other
        Generation forced = run(DRAWN.withForceExactLength(true), Set.of(end), GenerationListener.SILENT);
        assertEquals(ids, forced.ids());
        assertEquals(Finish.LENGTH, forced.finish());
    }

    private static int[] ints(List<Integer> ids) {
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    @Test
    void aStopStringEnds() {
        Generation plain = run(DRAWN);
        String text = plain.text();
        for (int at = 1; at + 2 < text.length(); at++) {
            String stop = text.substring(at, at + 3);
            Generation g = run(DRAWN.withStop("never there", stop));
            assertEquals(Finish.STOP, g.finish());
            assertEquals(text.substring(0, text.indexOf(stop)), g.text());
            assertEquals(plain.ids().subList(0, g.numTokens()), g.ids());
        }
        Generation forced = run(DRAWN.withStop(text.substring(2, 4)).withForceExactLength(true));
        assertEquals(text, forced.text());
        assertEquals(20, forced.numTokens());
    }

    @Test
    void theListenerHearsEverything() {
        StringBuilder heard = new StringBuilder();
        List<Integer> tokens = new ArrayList<>();
        GenerationListener ear = new GenerationListener() {
            @Override
            public void text(String piece) {
                heard.append(piece);
            }

            @Override
            public void token(int id) {
                tokens.add(id);
            }
        };
        Generation g = run(DRAWN, Set.of(), ear);
        assertEquals(g.text(), heard.toString());
        assertEquals(g.ids(), tokens);
        assertEquals(
                tokenizer.decode(ints(g.ids()), true).replace("\uFFFD", ""),
                g.text().replace("\uFFFD", ""));
    }

    @Test
    void itCanBeCancelled() {
        int[] asked = {0};
        GenerationListener impatient = new GenerationListener() {
            @Override
            public boolean cancelled() {
                return ++asked[0] == 4;
            }
        };
        Generation g = run(DRAWN, Set.of(), impatient);
        assertEquals(Finish.CANCELLED, g.finish());
        assertEquals(run(DRAWN).ids().subList(0, 4), g.ids());
        Thread.currentThread().interrupt();
        try {
            Generation interrupted = run(DRAWN);
            assertEquals(Finish.CANCELLED, interrupted.finish());
            assertEquals(1, interrupted.numTokens());
        } finally {
            assertTrue(Thread.interrupted(), "the flag stays for the caller");
        }
    }

    @Test
    void theCacheGoesOn() {
        try (KvCache cache = decoder.newCache()) {
            Generator generator = new Generator(decoder, tokenizer, Set.of());
            Generation first = generator.run(
                    prompt, cache, GenerationConfig.greedy(8), Seams.none(), null, GenerationListener.SILENT);
            // the last token was chosen but not fed
            assertEquals(prompt.length + 7, cache.nextPosition());
            Generation rest = generator.run(
                    new int[] {first.ids().get(7)},
                    cache,
                    GenerationConfig.greedy(12),
                    Seams.none(),
                    null,
                    GenerationListener.SILENT);
            List<Integer> both = new ArrayList<>(first.ids());
            both.addAll(rest.ids());
            assertEquals(run(GREEDY).ids(), both);
        }
    }

    /** Keeps the first slot and the newest, and notes what it was shown. */
    private static final class Window implements CachePolicy {
        private static final int SIZE = 7;
        final int queries;
        final List<String> faults = new ArrayList<>();
        int turns;

        Window(int queries) {
            this.queries = queries;
        }

        @Override
        public int queries() {
            return queries;
        }

        @Override
        public int[][] keep(Layer layer) {
            turns++;
            int n = layer.slots();
            if ((layer.received() == null) != (queries == 0)) {
                faults.add("attention of turn " + turns);
            }
            for (int h = 0; layer.received() != null && h < decoder.config().kvHeads(); h++) {
                double sum = 0;
                for (float a : layer.received()[h]) {
                    sum += a;
                }
                if (layer.received()[h].length != n || Math.abs(sum - Math.min(queries, layer.newTokens())) > 1e-4) {
                    faults.add("head " + h + " got " + sum + " over " + layer.received()[h].length + " of " + n);
                }
            }
            return n <= SIZE ? null : new int[][] {slots(n)};
        }

        static int[] slots(int n) {
            return IntStream.concat(IntStream.of(0), IntStream.range(n - SIZE + 1, n))
                    .toArray();
        }
    }

    @Test
    void aPolicyForgets() {
        List<Integer> expected = new ArrayList<>();
        try (KvCache cache = decoder.newCache()) {
            int[] ids = prompt;
            for (int t = 0; t < 20; t++) {
                try (NDManager scope = decoder.newScope()) {
                    NDArray hidden = decoder.forward(scope, new int[][] {ids}, cache, Seams.none());
                    expected.add(decoder.argmax(scope, decoder.logits(scope, hidden, 1))[0]);
                }
                for (int i = 0; i < cache.layers(); i++) {
                    if (cache.length(i) > Window.SIZE) {
                        cache.keep(i, new int[][] {Window.slots(cache.length(i))});
                    }
                }
                ids = new int[] {expected.get(t)};
            }
        }
        assertNotEquals(run(GREEDY).ids(), expected);
        for (int queries : new int[] {0, 1, 4}) {
            int[] watched = {0};
            Window policy = new Window(queries);
            try (KvCache cache = decoder.newCache()) {
                Generation g = new Generator(decoder, tokenizer, Set.of())
                        .run(
                                prompt,
                                cache,
                                GREEDY,
                                Seams.none().withWatch((layer, received) -> watched[0]++),
                                policy,
                                GenerationListener.SILENT);
                assertEquals(expected, g.ids(), "queries " + queries);
                assertEquals(List.of(), policy.faults);
                assertEquals(20 * cache.layers(), policy.turns);
                assertEquals(20 * cache.layers(), watched[0], "another watcher is told too");
                assertEquals(Window.SIZE, cache.length(0));
                assertEquals(prompt.length + 19, cache.nextPosition());
                assertEquals(0, cache.positions(1, 0)[0]);
                assertEquals(prompt.length + 18, cache.positions(1, 0)[Window.SIZE - 1]);
            }
        }
    }

    @Test
    void twoThreadsShareADecoder() throws InterruptedException {
        List<Integer> expected = run(DRAWN).ids();
        List<List<Integer>> results = java.util.Collections.synchronizedList(new ArrayList<>());
        Thread[] threads = new Thread[2];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(() -> {
                for (int round = 0; round < 3; round++) {
                    results.add(run(DRAWN).ids());
                }
            });
            threads[i].start();
        }
        for (Thread t : threads) {
            t.join();
        }
        assertEquals(6, results.size());
        results.forEach(r -> assertEquals(expected, r));
    }

    @Test
    void batchesRefuseWhatTheyCannotRead() {
        BatchRunner batch = new BatchRunner(decoder, Set.of(), 0);
        assertTrue(batch.greedy(List.of(), 5).isEmpty());
        assertTrue(batch.score(List.of(), List.of()).isEmpty());
        int[] good = {1, 2};
        int[] none = {};
        CausalLmTest.refused("empty", () -> batch.greedy(List.of(good, none), 3));
        CausalLmTest.refused("empty", () -> batch.score(List.of(none), List.of(good)));
        int[] longer = Tiny.ids(TinyText.CONTEXT + 1, 50);
        CausalLmTest.refused("context", () -> batch.greedy(List.of(good, longer), 3));
        CausalLmTest.refused("context", () -> batch.score(List.of(longer), List.of(good)));
        CausalLmTest.refused("1 continuations", () -> batch.score(List.of(good, good), List.of(good)));
        List<double[]> scores = batch.score(List.of(good, good), List.of(none, new int[] {3}));
        assertArrayEquals(new double[0], scores.get(0));
        assertEquals(1, scores.get(1).length);
        assertFalse(Double.isNaN(scores.get(1)[0]));
        assertArrayEquals(
                new double[0],
                batch.score(List.of(new int[] {4}), List.of(none)).get(0));
    }
}
