package dev.engram.cli;

import dev.engram.explicit.BankSearch;
import dev.engram.explicit.Cluster;
import dev.engram.explicit.ExplicitLm;
import dev.engram.explicit.LayerChoice;
import dev.engram.explicit.MemoryCodec;
import dev.engram.explicit.Reference;
import dev.engram.explicit.ReferenceBank;
import dev.engram.explicit.ReferenceFile;
import dev.engram.explicit.ReferenceWriter;
import dev.engram.explicit.TokenSelectors;
import dev.engram.explicit.WriteConfig;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.GenerationConfig;
import dev.engram.model.GenerationListener;
import dev.engram.model.LoadOptions;
import dev.engram.model.text.Message;
import dev.engram.retrieve.AdaptiveIntegration;
import dev.engram.retrieve.Embedders;
import dev.engram.retrieve.EmbeddingRetriever;
import dev.engram.retrieve.IndexStore;
import dev.engram.retrieve.RetrievalStrategy;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Banks of explicit memories: written once, read by every later answer. */
@Command(
        name = "explicit",
        description = "Explicit memory: writes texts into a bank of keys and values, and answers by reading them.",
        subcommands = HelpCommand.class)
final class ExplicitCommand {
    /** References that a codec is trained on. */
    private static final int CODEC_SAMPLE = 64;

    /** Rows outside the graph at which it is built anew. */
    private static final int REBUILD = 5000;

    @ParentCommand
    private Engram engram;

    @Command(
            name = "write",
            description =
                    "Encodes references into a bank; what is there already is left, so an interrupted job goes on.",
            sortOptions = false)
    int write(
            @Option(
                            names = "--references",
                            paramLabel = "FILE",
                            required = true,
                            description =
                                    "JSON lines with id and text (.jsonl), or text whose paragraphs are references.")
                    Path file,
            @Option(names = "--bank", paramLabel = "DIR", required = true, description = "The bank's folder.")
                    Path bank,
            @Option(
                            names = "--layers",
                            defaultValue = "last_half",
                            description = "first_half, middle, last_half or all (default: ${DEFAULT-VALUE}).")
                    String layers,
            @Option(
                            names = "--tokens",
                            defaultValue = "8",
                            description = "Tokens that a head keeps; 0 for all (default: ${DEFAULT-VALUE}).")
                    int tokens,
            @Option(
                            names = "--rule",
                            defaultValue = "attention",
                            description = "attention, unnormalised, masked, last, random or value norm"
                                    + " (default: ${DEFAULT-VALUE}).")
                    String rule,
            @Option(
                            names = "--codec",
                            description = "Store memories as codes: int2 to int8, or memory3, the paper's scheme."
                                    + " Default: as numbers in bf16.")
                    String codec,
            @Option(
                            names = "--spark",
                            paramLabel = "MASTER",
                            description =
                                    "Encode on Apache Spark, which is fetched first: local[2] for two workers on this machine,"
                                            + " or a cluster's address, such as spark://host:7077.")
                    String master,
            @Mixin ModelOptions options) {
        WriteConfig config = new WriteConfig(
                LayerChoice.named(layers), tokens, TokenSelectors.named(rule, 0), WriteConfig.REFERENCE);
        try (CausalLm lm = options.open(engram.streams());
                Cluster cluster = master == null ? null : cluster(master, lm, options, bank)) {
            ReferenceWriter writer = new ReferenceWriter(lm, config);
            List<Reference> references = ReferenceFile.read(file, writer::length, config.maxTokens());
            try (ReferenceBank memories = open(bank, writer, codec, references);
                    IndexStore index = index(bank)) {
                List<Reference> fresh = memories.missing(references);
                // the index first: a reference that is found but not yet written is encoded by the next run
                retriever(index)
                        .addAll(
                                fresh.stream().map(Reference::id).toList(),
                                fresh.stream().map(Reference::text).toList());
                if (cluster == null) {
                    memories.write(references);
                } else {
                    memories.write(references, cluster);
                }
                if (index.sizeOutsideGraph() > REBUILD) {
                    index.rebuild();
                }
                engram.streams()
                        .out()
                        .println(fresh.size() + " references written, " + memories.size() + " in " + bank + ".");
            }
        }
        return 0;
    }

    /** Workers, each of which computes with one thread where nothing else is asked for. */
    private static Cluster cluster(String master, CausalLm lm, ModelOptions options, Path bank) {
        LoadOptions load = options.load();
        LoadOptions own = new LoadOptions(load.dtype(), load.device(), Math.max(1, load.threads()));
        return Cluster.connect(master, new Cluster.Work(options.model(), own, Cluster.path(bank), lm.format()));
    }

    /** The bank that is there, or a new one, whose codec is trained on its first references. */
    private static ReferenceBank open(Path bank, ReferenceWriter writer, String codec, List<Reference> references) {
        if (codec == null) {
            return ReferenceBank.open(bank, writer);
        }
        var trainer = MemoryCodec.trainer(codec, writer.headDim(), 0);
        if (ReferenceBank.present(bank)) {
            String stored = ReferenceBank.codec(bank).orElse("bf16");
            if (!stored.equals(codec) && !(codec.equals("memory3") && stored.contains("Residual"))) {
                throw new BadInputException("--codec is " + codec + ", but the bank in " + bank
                        + " stores its memories as " + stored + "; leave --codec out, or give another folder.");
            }
            return ReferenceBank.open(bank, writer);
        }
        List<String> first =
                references.stream().limit(CODEC_SAMPLE).map(Reference::text).toList();
        return ReferenceBank.create(bank, writer, MemoryCodec.train(writer.write(first), trainer));
    }

    @Command(name = "ask", description = "Answers a question by reading the bank.", sortOptions = false)
    int ask(
            @Option(names = "--bank", paramLabel = "DIR", required = true, description = "The bank's folder.")
                    Path bank,
            @Option(names = "--question", paramLabel = "TEXT", required = true, description = "What to ask.")
                    String question,
            @Option(
                            names = "--memories",
                            defaultValue = "5",
                            description = "Memories read at once (default: ${DEFAULT-VALUE}).")
                    int count,
            @Option(
                            names = "--integration",
                            paramLabel = "T",
                            description =
                                    "Let memories count by the search's scores, at this temperature, such as 0.05; without it"
                                            + " all count alike.")
                    Double integration,
            @Option(
                            names = "--max_tokens",
                            defaultValue = "60",
                            description = "Most tokens (default: ${DEFAULT-VALUE}).")
                    int maxTokens,
            @Mixin ModelOptions options) {
        WriteConfig config = ReferenceBank.config(bank);
        if (question.isBlank()) {
            throw new BadInputException("--question is empty; ask something.");
        }
        AdaptiveIntegration weights = integration == null ? null : new AdaptiveIntegration(integration);
        try (CausalLm lm = options.open(engram.streams())) {
            ReferenceWriter writer = new ReferenceWriter(lm, config);
            try (ReferenceBank memories = ReferenceBank.open(bank, writer);
                    IndexStore index = index(bank)) {
                BankSearch search = new BankSearch(memories, retriever(index), count);
                search.setIntegration(weights);
                ExplicitLm.Answer answer = new ExplicitLm(lm, memories, writer, search)
                        .generate(
                                lm.prompt(List.of(Message.user(question))),
                                GenerationConfig.greedy(maxTokens),
                                GenerationListener.SILENT);
                report(engram.streams().out(), memories, answer);
            }
        }
        return 0;
    }

    private static void report(PrintStream out, ReferenceBank bank, ExplicitLm.Answer answer) {
        out.println(answer.text().strip());
        out.println();
        for (ExplicitLm.Reading reading : answer.readings()) {
            List<String> read = new ArrayList<>();
            reading.ids().forEach(id -> read.add(id + " (" + start(bank.text(id)) + ")"));
            out.printf(
                    Locale.ROOT,
                    "from token %d, found in %.0f ms, in place in %.0f ms: %s%n",
                    reading.position(),
                    1000 * reading.retrieveSeconds(),
                    1000 * reading.loadSeconds(),
                    String.join("; ", read));
        }
    }

    private static String start(String text) {
        return text.length() <= 50 ? text : text.substring(0, 50) + " ...";
    }

    @Command(name = "info", description = "Says what a bank holds.", sortOptions = false)
    int info(
            @Option(names = "--bank", paramLabel = "DIR", required = true, description = "The bank's folder.")
                    Path bank) {
        WriteConfig config = ReferenceBank.config(bank);
        PrintStream out = engram.streams().out();
        out.println("references       " + ReferenceBank.size(bank));
        out.println("memory layers    " + config.layers().key());
        out.println("tokens a head    " + (config.tokens() == WriteConfig.ALL_TOKENS ? "all" : config.tokens()));
        out.println("chosen by        " + config.selector().name());
        out.println("stored as        "
                + ReferenceBank.codec(bank).map(c -> c + " codes").orElse("bf16 numbers"));
        out.println("longest text     " + config.maxTokens() + " tokens");
        return 0;
    }

    private static IndexStore index(Path bank) {
        return IndexStore.open(bank.resolve("vectors"), Embedders.english().dimension());
    }

    private static EmbeddingRetriever retriever(IndexStore index) {
        return new EmbeddingRetriever(Embedders.english(), index, new RetrievalStrategy.TopK());
    }
}
