package dev.engram.compare;

import dev.engram.explicit.ExplicitMemory;
import dev.engram.explicit.LayerChoice;
import dev.engram.explicit.MemoryCodec;
import dev.engram.explicit.ReferenceWriter;
import dev.engram.explicit.WriteConfig;
import dev.engram.model.CausalLm;
import dev.engram.train.Lora;
import dev.engram.world.Fact;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Memory3's explicit memory, read with the committed reading adapter: texts are written once by the base, into the last half of the
 * layers, and read by attention. An update is another text, written anew.
 */
final class ExplicitArm implements Arm {
    private final String name;
    private final CausalLm lm;
    private final Subject subject;
    private final Function<Condition, Finder> finders;
    private final ReferenceWriter writer;
    private final Lora lora;
    private final Path adapter;
    private final MemoryCodec codec;
    private final String codecName;
    private final Map<String, ExplicitMemory> written = new HashMap<>();
    private Finder current = Finder.none();
    private double writeSeconds = Double.NaN;

    /**
     * An arm without memories yet.
     *
     * @param finders texts that are read, as for RAG
     * @param tokens kept for each head; {@link WriteConfig#ALL_TOKENS} for all
     * @param codecName as for {@link MemoryCodec#trainer}; null for bf16 numbers
     */
    ExplicitArm(
            String name,
            CausalLm lm,
            Path adapter,
            Subject subject,
            Function<Condition, Finder> finders,
            int tokens,
            String codecName) {
        this.name = name;
        this.lm = lm;
        this.subject = subject;
        this.finders = finders;
        this.adapter = adapter;
        this.codecName = codecName;
        lm.decoder().adapt(null);
        this.writer = new ReferenceWriter(lm, WriteConfig.defaults().withTokens(tokens));
        this.codec = codecName == null ? null : codec();
        this.lora = Lora.load(lm.decoder().newScope(), lm.config(), adapter);
    }

    /** Trained on facts that nobody asks for. */
    private MemoryCodec codec() {
        List<ExplicitMemory> samples =
                writer.write(subject.others().stream().map(Fact::statement).toList());
        return MemoryCodec.train(
                samples, MemoryCodec.trainer(codecName, lm.config().headDim(), 1));
    }

    /** Memories of texts; what is not there yet is written, by the model without its reading adapter. */
    List<ExplicitMemory> memories(List<String> texts) {
        Set<String> missing = new LinkedHashSet<>(texts);
        missing.removeAll(written.keySet());
        if (!missing.isEmpty()) {
            lm.decoder().adapt(null);
            long start = System.nanoTime();
            List<String> all = List.copyOf(missing);
            List<ExplicitMemory> memories = writer.write(all);
            for (int i = 0; i < all.size(); i++) {
                ExplicitMemory m = memories.get(i);
                written.put(all.get(i), codec == null ? m : codec.through(m));
            }
            if (Double.isNaN(writeSeconds)) {
                writeSeconds = Prices.since(start) / all.size();
            }
        }
        lm.decoder().adapt(lora.adapter());
        return texts.stream().map(written::get).toList();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Answerer in(Condition condition) {
        current.close();
        current = finders.apply(condition);
        lm.decoder().adapt(null); // the sink is the base's, as memories are
        return new ExplicitAnswerer(lm, writer.sink(), writer.contextPosition(), current, this::memories);
    }

    @Override
    public CausalLm lm() {
        lm.decoder().adapt(lora.adapter());
        return lm;
    }

    @Override
    public Price price() {
        Flops flops = new Flops(lm.config());
        int[] layers = LayerChoice.LAST_HALF.of(lm.config().layers());
        double bits = codec == null ? 16 : codec.bitsPerNumber();
        double numbers = subject.facts().stream()
                .map(Fact::statement)
                .filter(written::containsKey)
                .mapToLong(t -> written.get(t).bytes(1))
                .average()
                .orElse(Double.NaN);
        double tokens = Prices.mean(subject, f -> writer.length(f.statement()));
        double depth = (layers[layers.length - 1] + 1) / (double) lm.config().layers();
        return new Price(
                writeSeconds,
                writeSeconds,
                numbers * bits / 8,
                Arms.bytesIn(adapter, "adapter_model.safetensors"),
                flops.token(depth) * tokens,
                flops.token(),
                0);
    }

    @Override
    public void close() {
        current.close();
        lm.decoder().adapt(null);
        lora.close();
    }
}
