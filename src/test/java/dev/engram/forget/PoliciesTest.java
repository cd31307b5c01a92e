package dev.engram.forget;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.model.Decoder;
import dev.engram.model.Golden;
import dev.engram.model.Tiny;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every policy of the registry must do, whatever it ranks by. */
class PoliciesTest {
    /** They fade tokens and delete none, so a budget means nothing to them. */
    private static final Set<String> SOFT = Set.of("ebbinghaus-soft", "fox-fixed");

    private static final int[] IDS = Tiny.ids(80);
    private static final int[] MIXED = {7, 1, 5, 1, 1, 12, 1, 1, 1, 9, 3, 1, 1, 17, 8, 1};
    private static final IntPredicate WHITELIST = t -> t == 3 || t == 20 || t == 21;

    private static Decoder decoder;
    private static Decoder rounded;
    private static FutureAttention future;

    @BeforeAll
    static void open() {
        decoder = Tiny.decoder();
        rounded = Golden.decoder(Tiny.checkpoint(), Tiny.BF16);
        future = FutureAttention.record(decoder, IDS, 8);
    }

    @AfterAll
    static void close() {
        decoder.close();
        rounded.close();
    }

    /** All of the registry; the oracle knows the text. */
    static Stream<Policies.Spec> specs() {
        return Policies.all().stream().map(s -> s.family().equals("oracle") ? Policies.oracle(future) : s);
    }

    static Stream<Policies.Spec> keepingABudget() {
        return specs().filter(Policies.Spec::deletes);
    }

    private static LockStep run(Policies.Spec spec, EvictionConfig config, boolean compares) {
        return new LockStep(decoder, spec.equal().apply(config), compares);
    }

    private static EvictionConfig nine() {
        return EvictionConfig.of(Budget.tokens(9)).withProtection(2, 3);
    }

    @ParameterizedTest
    @MethodSource("specs")
    void deletedIsHidden(Policies.Spec spec) {
        try (LockStep run = run(spec, nine(), true).feed(IDS, MIXED)) {
            assertTrue(run.worst() <= 1e-5, "relative RMS " + run.worst());
            assertEquals(spec.deletes(), !run.decisions().isEmpty());
        }
    }

    @ParameterizedTest
    @MethodSource("keepingABudget")
    void theBudgetHoldsAfterEveryDecision(Policies.Spec spec) {
        for (EvictionConfig config : List.of(
                nine(),
                nine().withEvery(5),
                nine().withPhase(EvictionConfig.Phase.PREFILL),
                nine().withPhase(EvictionConfig.Phase.DECODE),
                nine().withSpread(EvictionConfig.Spread.PYRAMID),
                nine().withRecentShare(0.5),
                nine().withRebase(true),
                nine().withBudget(Budget.share(0.25)),
                nine().withBudget(Budget.bytes(3 * 9 * 2 * 2 * 16 * 4)))) {
            try (LockStep run = run(spec, config, false)) {
                if (config.rebase()) {
                    run.withoutPositions();
                }
                int decided = 0;
                int at = 0;
                for (int c = 0; at < IDS.length; c++) {
                    int end = Math.min(IDS.length, at + MIXED[Math.min(c, MIXED.length - 1)]);
                    run.pass(Arrays.copyOfRange(IDS, at, end));
                    int length = end - at;
                    at = end;
                    boolean phase = switch (config.phase()) {
                        case PREFILL -> length > 1;
                        case DECODE -> length == 1;
                        case BOTH -> true;
                    };
                    if (phase && at - decided >= config.every()) {
                        decided = at;
                        keepsWithin(run, config, at);
                        run.everyHeadHolds(IntStream.concat(IntStream.of(0, 1), IntStream.of(at - 3, at - 2, at - 1))
                                .filter(t -> t >= 0)
                                .toArray());
                    }
                }
                assertTrue(decided > 0);
            }
        }
    }

    /** No layer above its part, and the sum not above the budget. */
    private static void keepsWithin(LockStep run, EvictionConfig config, int seen) {
        int layers = run.cache().layers();
        int average = config.budget().unit() == Budget.Unit.SHARE ? Math.max(5, seen / 4) : 9;
        int sum = IntStream.range(0, layers).map(run.cache()::length).sum();
        assertTrue(sum <= average * layers, sum + " slots after " + seen + " tokens");
        if (config.spread() == EvictionConfig.Spread.PYRAMID) {
            assertTrue(run.cache().length(0) >= run.cache().length(layers - 1));
            assertEquals(seen > 16 ? 12 : run.cache().length(0), run.cache().length(0));
        } else {
            assertEquals(Math.min(average, seen), run.longest());
            assertEquals(layers * run.longest(), sum);
        }
    }

    @ParameterizedTest
    @MethodSource("specs")
    void anUnlimitedBudgetIsTheFullCache(Policies.Spec spec) {
        EvictionConfig unlimited = EvictionConfig.of(Budget.unlimited());
        for (boolean published : new boolean[] {false, true}) {
            try (LockStep full = new LockStep(decoder, null, false);
                    LockStep run =
                            new LockStep(decoder, (published ? spec.make() : spec.equal()).apply(unlimited), false)) {
                full.feed(IDS, MIXED);
                run.feed(IDS, MIXED);
                double error = Golden.relativeRms(run.logits(), full.logits());
                boolean fades = SOFT.contains(spec.name()) || spec.name().equals("ebbinghaus-soft-hard");
                assertEquals(fades, error > 1e-5, "relative RMS " + error);
                assertEquals(IDS.length, run.longest());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("specs")
    void theSameTwice(Policies.Spec spec) {
        try (LockStep one = run(spec, nine(), false).feed(IDS, MIXED);
                LockStep two = run(spec, nine(), false).feed(IDS, MIXED)) {
            assertEquals(one.decisions().size(), two.decisions().size());
            for (int i = 0; i < one.decisions().size(); i++) {
                assertTrue(
                        Arrays.deepEquals(
                                one.decisions().get(i), two.decisions().get(i)),
                        "decision " + i);
            }
            assertArrayEquals(one.logits(), two.logits(), 0f);
        }
    }

    @ParameterizedTest
    @MethodSource("keepingABudget")
    void edgeSizes(Policies.Spec spec) {
        EvictionConfig one = EvictionConfig.of(Budget.tokens(1));
        try (LockStep run = run(spec, one, true)) {
            run.feed(Arrays.copyOf(IDS, 6), 1); // a prompt of one token
            assertEquals(1, run.longest());
            assertTrue(run.worst() <= 1e-5);
        }
        try (LockStep run = run(spec, one, true)) {
            run.feed(Arrays.copyOf(IDS, 20), 17, 1);
            assertEquals(1, run.longest());
            assertTrue(run.worst() <= 1e-5);
        }
        EvictionConfig sinks = EvictionConfig.of(Budget.tokens(9)).withProtection(6, 0);
        try (LockStep run = run(spec, sinks, true)) {
            run.feed(Arrays.copyOf(IDS, 4), 4); // shorter than the sinks
            assertEquals(4, run.longest());
            run.feed(Arrays.copyOf(IDS, 8), 1);
            assertEquals(9, run.longest());
            run.everyHeadHolds(0, 1, 2, 3, 4, 5);
        }
        EvictionConfig nine = EvictionConfig.of(Budget.tokens(9));
        try (LockStep run = run(spec, nine, true)) {
            run.feed(Arrays.copyOf(IDS, 9), 9); // exactly the budget
            assertTrue(run.decisions().isEmpty());
            run.pass(IDS[9]);
            assertEquals(9, run.longest());
            assertEquals(3, run.decisions().size());
        }
    }

    @ParameterizedTest
    @MethodSource("keepingABudget")
    void theWhitelistSurvives(Policies.Spec spec) {
        for (boolean rebase : new boolean[] {false, true}) {
            EvictionConfig config = nine().withWhitelist(WHITELIST).withRebase(rebase);
            try (LockStep run = run(spec, config, !rebase)) {
                (rebase ? run.withoutPositions() : run).feed(IDS, MIXED);
                run.everyHeadHolds(0, 1, 3, 20, 21, 77, 78, 79);
                assertEquals(9, run.longest());
                assertEquals(rebase, run.cache().nextPosition() < IDS.length);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("specs")
    void asPublished(Policies.Spec spec) {
        EvictionConfig config = EvictionConfig.of(Budget.tokens(40));
        try (LockStep run = new LockStep(decoder, spec.make().apply(config), true).feed(IDS, 10, 35, 1)) {
            assertTrue(run.worst() <= 1e-5, "relative RMS " + run.worst());
            switch (spec.name()) {
                case "full", "ebbinghaus-soft", "fox-fixed" -> assertEquals(80, run.longest());
                case "snapkv" -> assertEquals(40 + 3, run.longest()); // decided at 45 and 77
                case "snapkv-prefill" -> assertEquals(40 + 35, run.longest()); // decided at 45
                default -> assertEquals(40, run.longest());
            }
            switch (spec.name()) {
                case "streaming-llm" -> run.everyHeadHolds(0, 1, 2, 3, 79, 44);
                case "h2o" -> run.everyHeadHolds(IntStream.range(60, 80).toArray());
                case "h2o-decay" -> run.everyHeadHolds(IntStream.range(64, 80).toArray());
                case "snapkv" -> run.everyHeadHolds(IntStream.range(45, 80).toArray());
                default -> {}
            }
        }
    }

    @ParameterizedTest
    @MethodSource("keepingABudget")
    void roundedNumbersRunToo(Policies.Spec spec) {
        try (LockStep run = new LockStep(rounded, spec.equal().apply(nine()), false).feed(IDS, MIXED)) {
            assertEquals(9, run.longest());
            for (float x : run.logits()) {
                assertTrue(Float.isFinite(x));
            }
        }
    }

    @Test
    void policiesDiffer() {
        // were two names one policy, the comparison would be worth nothing; these are meant to agree
        Set<String> same = Set.of("window", "streaming-llm", "snapkv", "snapkv-prefill", "ebbinghaus-soft-hard");
        List<Policies.Spec> others = keepingABudget()
                .filter(s -> !same.contains(s.name()) && !s.name().startsWith("ebbinghaus"))
                .toList();
        List<String> kept = others.stream()
                .map(spec -> {
                    try (LockStep run = run(spec, nine(), false).feed(IDS, MIXED)) {
                        StringBuilder all = new StringBuilder();
                        for (int i = 0; i < run.cache().layers(); i++) {
                            all.append(Arrays.toString(run.alive(i, 0))).append(Arrays.toString(run.alive(i, 1)));
                        }
                        return all.toString();
                    }
                })
                .toList();
        for (int i = 0; i < kept.size(); i++) {
            for (int j = 0; j < i; j++) {
                assertNotEquals(
                        kept.get(i),
                        kept.get(j),
                        others.get(i).name() + " and " + others.get(j).name());
            }
        }
    }

    @Test
    void contradictionsAreOneSentence() {
        EvictionConfig any = EvictionConfig.of(Budget.tokens(20));
        List<Runnable> wrong = List.of(
                () -> Policies.create("h20", any),
                () -> Policies.create("oracle", any),
                () -> any.withProtection(10, 11),
                () -> Policies.create("snapkv", any),
                () -> Policies.create(
                        "snapkv", any.withBudget(Budget.tokens(50)).withEvery(8)),
                () -> Policies.create("h2o-decay", any.withBudget(Budget.tokens(15))),
                () -> Policies.create("streaming-llm", any.withBudget(Budget.tokens(3))),
                () -> any.withProtection(-1, 0),
                () -> any.withEvery(0),
                () -> any.withThreshold(0),
                () -> any.withThreshold(1),
                () -> any.withThreshold(Double.NaN),
                () -> any.withRecentShare(1.5),
                () -> Budget.share(0),
                () -> Budget.share(1.01),
                () -> Budget.parse("150%"),
                () -> Budget.parse("many"),
                () -> Budget.tokens(0),
                () -> Budget.bytes(0),
                () -> new SnapKv(32, 4),
                () -> new LagKv(4, 1),
                () -> new ExpectedAttention(4, 0, 1),
                () -> run(Policies.named("knorm"), nine().withWhitelist(t -> true), false)
                        .feed(IDS, 30),
                () -> new LockStep(decoder, Policies.oracle(future).make().apply(any), false).feed(Tiny.ids(81), 27));
        for (int i = 0; i < wrong.size(); i++) {
            Runnable contradiction = wrong.get(i);
            String message = assertThrows(BadInputException.class, contradiction::run, "case " + i)
                    .getMessage();
            assertTrue(message.endsWith(".") && !message.contains("\n"), message);
            assertFalse(message.contains("null"), message);
        }
    }

    @Test
    void theTableListsAll() {
        String table = Policies.markdownTable();
        assertEquals(Policies.all().size() + 2, table.lines().count());
        assertEquals(
                Policies.all().size(),
                Policies.all().stream().map(Policies.Spec::name).distinct().count());
        assertTrue(table.lines().allMatch(line -> line.split("\\|", -1).length == 6), table);
    }
}
