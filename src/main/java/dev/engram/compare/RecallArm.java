package dev.engram.compare;

import dev.engram.model.CausalLm;
import dev.engram.model.GenerationConfig;
import dev.engram.recall.HiddenStateSource;
import dev.engram.recall.MemoryBank;
import dev.engram.recall.MemoryHead;
import dev.engram.recall.MemoryHeadConfig;
import dev.engram.recall.RecallFolder;
import dev.engram.recall.RecallModel;
import dev.engram.recall.RecallSettings;
import dev.engram.recall.RecallSettings.StoredText;
import dev.engram.world.Fact;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The committed recall token. An update gives the bank another text and vector; the weights, which learned the old sentence, stay.
 */
final class RecallArm implements Arm {
    /** Where the injected vector comes from, and who says the text. */
    enum Mode {
        /** The right vector, put after the question: decoding without retrieval. */
        TRUE,
        /** The model asks the head, which takes the best; what was never learned comes as its stored text. */
        GREEDY,
        /** The head draws at T = 0.8 from its learned scale. */
        SAMPLED,
        /** The head draws at T = 0.8 from bare cosines, top-k 10, top-p 0.95: the seed's setting. */
        SEED_SAMPLED,
        /** As GREEDY, and the stored text always stands after the vector: recall and RAG in one. */
        STORED_TEXT
    }

    private final String name;
    private final Mode mode;
    private final CausalLm lm;
    private final Path folder;
    private final Subject subject;
    private final long seed;
    private final double trainSeconds;
    private final Map<String, float[]> later = new HashMap<>();
    private final double updateSeconds;
    private RecallFolder open;
    private RecallModel own;
    private MemoryBank bank;

    /** @param trainSeconds of the adapter's training for each of its memories; NaN where it is not known */
    RecallArm(String name, Mode mode, CausalLm lm, Path folder, Subject subject, long seed, double trainSeconds) {
        this.name = name;
        this.mode = mode;
        this.lm = lm;
        this.folder = folder;
        this.subject = subject;
        this.seed = seed;
        this.trainSeconds = trainSeconds;
        lm.decoder().adapt(null); // vectors are the base's
        long start = System.nanoTime();
        List<float[]> vectors = HiddenStateSource.layerMean(lm.decoder(), lm.tokenizer())
                .vectors(subject.facts().stream().map(Fact::updatedStatement).toList());
        for (int i = 0; i < vectors.size(); i++) {
            later.put(subject.facts().get(i).id(), vectors.get(i));
        }
        updateSeconds = Prices.since(start) / vectors.size();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Answerer in(Condition condition) {
        closeOpen();
        open = RecallFolder.open(lm, folder);
        bank = open.model().head().bank();
        change(condition);
        own = new RecallModel(lm, head(), settings());
        Function<Probe, float[]> none = probe -> null;
        Function<Probe, float[]> given = switch (condition) {
            case WITH, UPDATED -> mode == Mode.TRUE ? probe -> vector(probe, 0) : none;
            case WITHOUT -> mode == Mode.TRUE ? probe -> new float[bank.width()] : none;
            case SHUFFLED -> probe -> vector(probe, 1);
        };
        return new RecallAnswerer(lm, own, given);
    }

    /** What the bank holds of the asked facts. */
    private void change(Condition condition) {
        for (Fact f : subject.facts()) {
            if (condition == Condition.WITHOUT && mode != Mode.TRUE) {
                bank.delete(f.id());
            } else if (condition == Condition.UPDATED) {
                bank.update(f.id(), f.updatedStatement(), later.get(f.id()));
                bank.learned(f.id(), false);
            }
        }
    }

    /** The unit vector of a probe's first fact, or of the one so many places after it; null for an unknown name. */
    private float[] vector(Probe probe, int further) {
        if (probe.facts().isEmpty()) {
            return null;
        }
        int at = bank.indexOf(probe.facts().get(0));
        return bank.vector((at + further) % bank.size());
    }

    private MemoryHead head() {
        MemoryHead trained = open.model().head();
        GenerationConfig drawing =
                GenerationConfig.greedy(1).withTemperature(0.8).withSeed(seed);
        MemoryHeadConfig config = switch (mode) {
            case SAMPLED -> trained.config().withSampling(drawing);
            case SEED_SAMPLED ->
                MemoryHeadConfig.seed()
                        .withSampling(MemoryHeadConfig.seed().sampling().withSeed(seed));
            default -> trained.config();
        };
        return new MemoryHead(lm.decoder().backend().manager(), bank, config, trained.nothing());
    }

    private RecallSettings settings() {
        RecallSettings trained = open.model().settings();
        return switch (mode) {
            case STORED_TEXT -> trained.withStoredText(StoredText.ALWAYS);
            case TRUE -> trained.withStoredText(StoredText.NEVER);
            default -> trained;
        };
    }

    @Override
    public CausalLm lm() {
        return lm;
    }

    @Override
    public Price price() {
        Flops flops = new Flops(lm.config());
        double vector = Float.BYTES * (double) lm.config().hidden();
        return new Price(
                trainSeconds,
                updateSeconds,
                vector + Prices.textBytes(subject),
                Arms.bytesIn(folder, "adapter_model.safetensors", "tokens.safetensors"),
                Double.NaN,
                flops.token(),
                0);
    }

    private void closeOpen() {
        if (own != null) {
            own.close();
            own = null;
        }
        if (open != null) {
            open.close();
            open = null;
        }
    }

    @Override
    public void close() {
        closeOpen();
    }
}
