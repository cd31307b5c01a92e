package dev.engram.cli.bench;

import dev.engram.model.BadInputException;
import dev.engram.report.Checkout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** The peers of the race of caches; environment/peers/README.md says how to install them. */
final class CachePeers {
    @Option(
            names = "--peers",
            split = ",",
            description = "Peers to measure beside, memollm and kvpress, or none; default: ${DEFAULT-VALUE}.",
            defaultValue = "none")
    private List<String> peers;

    @Option(names = "--memollm-python", description = "Python of the memollm peer.")
    private String memollmPython = System.getenv().getOrDefault("ENGRAM_PEER_MEMOLLM", "python3");

    @Option(names = "--memollm-source", description = "Clone of the memollm peer.")
    private String memollmSource = System.getenv().getOrDefault("ENGRAM_PEER_MEMOLLM_SOURCE", "");

    @Option(names = "--memollm-model", description = "The model as a folder in Hugging Face layout.")
    private String memollmModel = System.getenv().getOrDefault("ENGRAM_PEER_MEMOLLM_MODEL", "");

    @Option(
            names = "--memollm-most",
            description =
                    "Longest context of memollm, which holds the whole attention of its prompt, in 16 bits 2.3 GB at"
                            + " 2048 and 9 GB at 4096 tokens; default: ${DEFAULT-VALUE}.",
            defaultValue = "2048")
    private int memollmMost;

    @Option(names = "--kvpress-python", description = "Python of the kvpress peer.")
    private String kvpressPython = System.getenv().getOrDefault("ENGRAM_PEER_KVPRESS", "python3");

    /** What a started peer can be measured at. */
    List<CacheEntrant> entrants(PeerContestant peer) {
        if (peer.who().equals("memollm")) {
            return Stream.of(CacheEntrant.BASELINE, CacheEntrant.MEMORY_ENHANCED)
                    .map(mode -> CacheEntrant.peer(peer, mode, Map.of("mode", mode), memollmMost, () -> {}))
                    .toList();
        }
        Map<String, ?> press = Map.of("press", "streaming", "ratio", 0.75); // which press makes no difference to speed
        return List.of(
                CacheEntrant.peer(peer, CacheEntrant.BASELINE, Map.of(), Integer.MAX_VALUE, peer::free),
                CacheEntrant.peer(peer, CacheEntrant.QUARTER, press, Integer.MAX_VALUE, () -> {}));
    }

    /** Starts those that were asked for, each in 32 bits and in 16. */
    List<PeerContestant> open(BenchOptions options) {
        List<PeerContestant> all = new ArrayList<>();
        try {
            for (String name : peers) {
                for (String bits : List.of("32", "16")) {
                    if (name.equals("memollm")) {
                        all.add(memollm(options, "f" + bits));
                    } else if (name.equals("kvpress")) {
                        all.add(kvpress(options, bits.equals("32") ? "f32" : "bf16"));
                    } else if (!name.equals("none")) {
                        throw new BadInputException(
                                "--peers has '" + name + "'; it must be memollm, kvpress, both, or none.");
                    }
                }
            }
            return all;
        } catch (RuntimeException e) {
            all.forEach(PeerContestant::close);
            throw e;
        }
    }

    private PeerContestant memollm(BenchOptions options, String dtype) {
        if (memollmSource.isEmpty() || memollmModel.isEmpty()) {
            throw new BadInputException("The peer memollm needs --memollm-source and --memollm-model;"
                    + " see environment/peers/README.md, or leave it out with --peers none.");
        }
        List<String> command = new ArrayList<>(List.of(
                memollmPython,
                Checkout.folder().resolve("environment/peers/bench_memollm.py").toString(),
                "--source",
                memollmSource,
                "--model",
                memollmModel,
                "--dtype",
                dtype,
                "--threads",
                Integer.toString(options.threads())));
        return new PeerContestant("memollm", dtype, "eager", command);
    }

    private PeerContestant kvpress(BenchOptions options, String dtype) {
        List<String> command = options.worker(kvpressPython, "bench_kvpress.py");
        command.addAll(List.of("--dtype", dtype));
        return new PeerContestant("kvpress", dtype, "sdpa", command);
    }
}
