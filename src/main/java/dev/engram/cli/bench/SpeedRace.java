package dev.engram.cli.bench;

import dev.engram.report.Progress;
import dev.engram.report.RunFolder;
import dev.engram.report.Tables;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tech.tablesaw.api.Table;

/** Own formats and peers in interleaved rounds, by context length. */
final class SpeedRace {
    @Mixin
    private RaceOptions options;

    @Option(
            names = "--peers",
            split = ",",
            description = "Peers to measure beside, transformers and llama.cpp, or none; default: ${DEFAULT-VALUE}.",
            defaultValue = "transformers")
    private List<String> peers;

    @Option(
            names = "--peer-dtypes",
            split = ",",
            description = "Formats of the transformers peer; bf16 takes minutes a round on a processor without bf16"
                    + " products. Default: ${DEFAULT-VALUE}.",
            defaultValue = "f32,bf16")
    private List<String> peerDtypes;

    @Option(names = "--transformers-python", description = "Python of the transformers peer.")
    private String transformersPython = System.getenv().getOrDefault("ENGRAM_PEER_TRANSFORMERS", "python3");

    @Option(names = "--llamacpp-python", description = "Python of the llama.cpp peer.")
    private String llamaPython = System.getenv().getOrDefault("ENGRAM_PEER_LLAMACPP", "python3");

    /** How fast a contestant is at one context length, in tokens per second. */
    interface Speed {
        double of(Contestant contestant, int context);
    }

    /** Runs the rounds, writes results/bench-NAME and prints the summary. */
    void run(String name, List<Integer> contexts, Map<String, Object> settings, Speed speed) {
        List<Contestant> all = new ArrayList<>();
        try (RunFolder run = options.results("bench-" + name)) {
            settings.forEach(run::setting);
            open(all);
            Race race = rounds(name, contexts, speed, all);
            Table summary = race.summary(options.dtypes, contexts, peers);
            run.rows(race.rows());
            run.summary(summary);
            run.commit();
            System.out.println(Tables.text(summary));
        } finally {
            all.forEach(Contestant::close);
        }
    }

    /** Opens everybody who takes part. */
    private void open(List<Contestant> all) {
        for (String dtype : options.dtypes) {
            all.add(new OwnContestant(options.on.model, dtype, options.on.threads()));
        }
        if (peers.contains("transformers")) {
            for (String dtype : peerDtypes) {
                for (String attention : List.of("sdpa", "eager")) {
                    all.add(transformers(dtype, attention, List.of()));
                }
                all.add(transformers(dtype, "sdpa", List.of("--static-cache")));
            }
        }
        if (peers.contains("llama.cpp")) {
            all.add(new PeerContestant(
                    "llama.cpp", "file", "auto", options.on.worker(llamaPython, "bench_llamacpp.py")));
        }
    }

    private Contestant transformers(String dtype, String attention, List<String> more) {
        List<String> command = options.on.worker(transformersPython, "bench_transformers.py");
        command.addAll(List.of("--dtype", dtype, "--attn", attention));
        command.addAll(more);
        return new PeerContestant("transformers", dtype, attention + (more.isEmpty() ? "" : " static"), command);
    }

    private Race rounds(String name, List<Integer> contexts, Speed speed, List<Contestant> all) {
        Race race = new Race();
        try (Progress progress = Progress.start(name, (long) (options.rounds() + 1) * contexts.size() * all.size())) {
            for (int round = 0; round <= options.rounds(); round++) {
                for (int context : contexts) {
                    for (Contestant c : all) {
                        double value = speed.of(c, context);
                        if (round > 0) { // the first round warms up
                            race.add(new Race.Lap(round, c.who(), c.dtype(), c.setting(), context, value));
                        }
                        progress.step();
                    }
                }
                Collections.rotate(all, 1);
            }
        }
        return race;
    }
}
