package dev.engram.cli.bench;

import dev.engram.cli.MemoryOptions;
import dev.engram.forget.Eviction;
import dev.engram.forget.MemoryEnhanced;
import dev.engram.forget.Occasional;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions.DType;
import dev.engram.report.Csv;
import dev.engram.report.RunFolder;
import dev.engram.report.Tables;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tech.tablesaw.api.Table;

/** Decoding with a cache that forgets, beside the full cache and beside peers that forget. */
@Command(
        name = "cache",
        description =
                "Tokens per second with the full cache, with one that forgets, and with a quarter of it, by context.")
final class BenchCache implements Callable<Integer> {
    private static final int[] EVERY = {1, 4, 16, 64};

    @Mixin
    private RaceOptions options;

    @Mixin
    private MemoryOptions memory;

    @Option(
            names = "--contexts",
            split = ",",
            description = "Tokens before the timed ones; default: ${DEFAULT-VALUE}.",
            defaultValue = "16,200,512,1024,4096,8192")
    private List<Integer> contexts;

    @Option(
            names = "--tokens",
            description = "Timed tokens of a round; default: ${DEFAULT-VALUE}.",
            defaultValue = "32")
    private int tokens;

    @Option(
            names = "--memory-enhanced-most",
            description =
                    "Longest context of our memory_enhanced, which reads it anew in every round, a minute for 8192"
                            + " tokens; default: ${DEFAULT-VALUE}.",
            defaultValue = "2048")
    private int most;

    @Option(
            names = "--updates",
            description = "Compare how often strengths are updated and slots deleted, instead of the peers.")
    private boolean updates;

    @Mixin
    private CachePeers peers;

    private final List<AutoCloseable> opened = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        if (tokens < 1 || Collections.min(contexts) < 1) {
            throw new BadInputException(
                    "--tokens (" + tokens + ") and every one of --contexts " + contexts + " must be at least 1.");
        }
        MemoryEnhanced settings = memory.settings();
        try (RunFolder run = options.results(updates ? "bench-cache-updates" : "bench-cache")) {
            CacheRace race = new CacheRace(entrants(settings));
            race.run(contexts, options.rounds(), tokens);
            record(run, race, settings);
            run.commit();
        } finally {
            for (AutoCloseable each : opened) {
                each.close();
            }
        }
        return 0;
    }

    private List<CacheEntrant> entrants(MemoryEnhanced settings) {
        List<CacheEntrant> all = new ArrayList<>();
        for (String dtype : options.dtypes) {
            CausalLm lm = CausalLm.open(options.on.model, options.on.load(DType.parse(dtype)));
            opened.add(lm);
            all.add(CacheEntrant.fixed(lm, dtype, CacheEntrant.BASELINE));
            if (updates) {
                for (int every : EVERY) {
                    all.add(every(lm, dtype, settings, every, false));
                }
                for (int every : EVERY) {
                    if (every > 1) { // with 1 every pass decides
                        all.add(every(lm, dtype, settings, every, true));
                    }
                }
            } else {
                all.add(CacheEntrant.forgetting(lm, dtype, CacheEntrant.MEMORY_ENHANCED, most, settings::create));
                all.add(CacheEntrant.fixed(lm, dtype, CacheEntrant.QUARTER));
            }
        }
        if (!updates) {
            for (PeerContestant peer : peers.open(options.on)) {
                opened.add(peer);
                all.addAll(peers.entrants(peer));
            }
        }
        return all;
    }

    /** The settings' policy, deciding every so many tokens; {@code seldom} looks at attention only then. */
    private static CacheEntrant every(CausalLm lm, String dtype, MemoryEnhanced settings, int every, boolean seldom) {
        MemoryEnhanced own = settings.withEviction(settings.eviction().withEvery(every));
        String mode = "every " + every + (seldom ? ", seen then" : ", seen always");
        if (!(own.create() instanceof Eviction)) {
            throw new BadInputException("--updates compares policies that delete, and " + own.policy()
                    + " does something else; take another --policy.");
        }
        return CacheEntrant.forgetting(lm, dtype, mode, Integer.MAX_VALUE, () -> {
            Eviction policy = (Eviction) own.create();
            return seldom ? new Eviction(new Occasional(policy.scorer()), policy.config()) : policy;
        });
    }

    private void record(RunFolder run, CacheRace race, MemoryEnhanced settings) {
        List<CacheRace.OwnRow> own = race.own(contexts);
        Table table = Tables.of("Decoding by cache", own);
        run.rows(race.laps().rows());
        run.summary(table);
        run.setting("tokens", tokens)
                .setting("policy", settings.policy())
                .setting("budget", settings.eviction().budget().toString())
                .setting("sinks", settings.eviction().sinks())
                .setting("recent", settings.eviction().recent())
                .setting("every", settings.eviction().every())
                .setting("dropped", race.dropped());
        System.out.println(Tables.text(table));
        List<CacheRace.PeerRow> beside = race.peers(contexts);
        if (!beside.isEmpty()) {
            Table versus = Tables.of("Beside the peers", beside);
            Csv.write(run.file("peers.csv"), versus);
            System.out.println(Tables.text(versus));
        }
        race.dropped().forEach(line -> System.out.println("Left out: " + line));
        if (!updates) {
            for (String dtype : options.dtypes) {
                int context = CacheRace.breakEven(own, dtype);
                run.setting("break_even_" + dtype, context);
                System.out.println(dtype + ": "
                        + (context < 0
                                ? "a quarter of the cache is at no context more than 5 % faster than all of it."
                                : "a quarter of the cache is more than 5 % faster from a context of " + context
                                        + " on."));
            }
        }
    }
}
