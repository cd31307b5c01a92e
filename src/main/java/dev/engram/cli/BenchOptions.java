package dev.engram.cli;

import dev.engram.model.BadInputException;
import dev.engram.model.engine.Torch;
import dev.engram.model.source.ModelSource;
import dev.engram.report.Profile;
import dev.engram.report.Progress;
import dev.engram.report.RunFolder;
import dev.engram.report.Tables;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;
import tech.tablesaw.api.Table;

/** What all races have in common: the model, who takes part, how many rounds. */
final class BenchOptions {
    @Option(names = "--model", description = "Model to measure; default: ENGRAM_MODEL, else the default model.")
    String model = System.getenv().getOrDefault("ENGRAM_MODEL", ModelSource.DEFAULT);

    @Option(
            names = "--dtypes",
            split = ",",
            description = "Own formats; default: ${DEFAULT-VALUE}.",
            defaultValue = "f32,bf16,auto")
    List<String> dtypes;

    @Option(
            names = "--peers",
            split = ",",
            description =
                    "Peers to measure beside, or none; for decode and prefill transformers (default) and llama.cpp.")
    private List<String> peers;

    @Option(
            names = "--peer-dtypes",
            split = ",",
            description = "Formats of the transformers peer; bf16 takes minutes a round on a processor without bf16"
                    + " products. Default: ${DEFAULT-VALUE}.",
            defaultValue = "f32,bf16")
    private List<String> peerDtypes;

    @Option(names = "--rounds", description = "Interleaved rounds; default: ${DEFAULT-VALUE}.", defaultValue = "5")
    int rounds;

    @Option(names = "--threads", description = "Threads of every contestant; default: the physical cores.")
    int threads;

    @Option(names = "--transformers-python", description = "Python of the transformers peer.")
    String transformersPython = System.getenv().getOrDefault("ENGRAM_PEER_TRANSFORMERS", "python3");

    @Option(names = "--llamacpp-python", description = "Python of the llama.cpp peer.")
    String llamaPython = System.getenv().getOrDefault("ENGRAM_PEER_LLAMACPP", "python3");

    /** The peers that were asked for. */
    List<String> peers(String usual) {
        return peers == null ? List.of(usual) : peers;
    }

    /** Formats of the transformers peer. */
    List<String> peerDtypes() {
        return peerDtypes;
    }

    /** The checkout. */
    static Path home() {
        return Path.of(System.getenv().getOrDefault("ENGRAM_HOME", ".")).toAbsolutePath();
    }

    /** Where a run that can be continued keeps its rows: {@code out} where given, else results/NAME/PROFILE. */
    static Path folder(Path out, String name) {
        return out != null
                ? out
                : home().resolve("results")
                        .resolve(name)
                        .resolve(Profile.fromEnvironment().key());
    }

    /** Where the results go: results/NAME/PROFILE. */
    RunFolder results(String name) {
        RunFolder run = RunFolder.open(home().resolve("results"), name, Profile.fromEnvironment(), 0);
        run.setting("model", model).setting("threads", threads()).setting("rounds", rounds);
        return run;
    }

    int threads() {
        return threads > 0 ? threads : Torch.physicalCores();
    }

    /** Opens everybody who takes part. */
    List<Contestant> contestants() {
        if (rounds < 1) {
            throw new BadInputException("--rounds is " + rounds + "; it must be a whole number of at least 1.");
        }
        List<Contestant> all = new ArrayList<>();
        try {
            for (String dtype : dtypes) {
                all.add(new OwnContestant(model, dtype, threads()));
            }
            List<String> asked = peers("transformers");
            if (asked.contains("transformers")) {
                for (String dtype : peerDtypes) {
                    for (String attention : List.of("sdpa", "eager")) {
                        all.add(transformers(dtype, attention, List.of()));
                    }
                    all.add(transformers(dtype, "sdpa", List.of("--static-cache")));
                }
            }
            if (asked.contains("llama.cpp")) {
                all.add(new PeerContestant("llama.cpp", "file", "auto", worker(llamaPython, "bench_llamacpp.py")));
            }
            return all;
        } catch (RuntimeException e) {
            all.forEach(Contestant::close);
            throw e;
        }
    }

    private Contestant transformers(String dtype, String attention, List<String> more) {
        List<String> command = worker(transformersPython, "bench_transformers.py");
        command.addAll(List.of("--dtype", dtype, "--attn", attention));
        command.addAll(more);
        return new PeerContestant("transformers", dtype, attention + (more.isEmpty() ? "" : " static"), command);
    }

    /** Command line of a peer's worker on the model file. */
    List<String> worker(String python, String script) {
        Path file = home().resolve("environment/peers").resolve(script);
        Path weights = model.equals(ModelSource.DEFAULT)
                ? ModelSource.defaultModel()
                        .orElseThrow(
                                () -> new BadInputException("The default model is not set up; run ./engram setup."))
                : Path.of(model);
        if (!Files.exists(file) || !Files.exists(weights)) {
            throw new BadInputException(
                    "The peers need " + file + " and a model file, but " + (Files.exists(file) ? weights : file)
                            + " does not exist; run from the checkout with a local model.");
        }
        return new ArrayList<>(List.of(
                python, file.toString(), "--model", weights.toString(), "--threads", Integer.toString(threads())));
    }

    /** How fast a contestant is at one context length, in tokens per second. */
    interface Speed {
        double of(Contestant contestant, int context);
    }

    /** Runs the rounds, writes results/bench-NAME and prints the summary. */
    void race(String name, List<Integer> contexts, Map<String, Object> settings, Speed speed) {
        List<Contestant> all = contestants();
        try (RunFolder run = results("bench-" + name)) {
            settings.forEach(run::setting);
            Race race = rounds(name, contexts, speed, all);
            Table summary = race.summary(dtypes, contexts, peers("transformers"));
            run.rows(race.rows());
            run.summary(summary);
            run.commit();
            System.out.println(Tables.text(summary));
        } finally {
            all.forEach(Contestant::close);
        }
    }

    private Race rounds(String name, List<Integer> contexts, Speed speed, List<Contestant> all) {
        Race race = new Race();
        try (Progress progress = Progress.start(name, (long) (rounds + 1) * contexts.size() * all.size())) {
            for (int round = 0; round <= rounds; round++) {
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
