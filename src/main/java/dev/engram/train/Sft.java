package dev.engram.train;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TrainableDecoder;
import java.util.List;

/**
 * Supervised fine-tuning of an open model with LoRA, ready to use. The adapter runs beside the model, whatever its number format,
 * until this is closed; then the model is as before.
 *
 * <pre>{@code
 * try (CausalLm lm = CausalLm.open("default");
 *         Sft sft = new Sft(lm, SftConfig.of(60))) {
 *     sft.train(List.of(sft.labels().answer("Where is the key?", "Under the mat.")));
 *     System.out.println(lm.chat("Where is the key?", GenerationConfig.greedy(8)).text());
 *     sft.lora().save(Path.of("adapter"), "default");
 * }
 * }</pre>
 */
public final class Sft implements AutoCloseable {
    private final CausalLm lm;
    private final SftConfig config;
    private final TrainableDecoder decoder;
    private final Lora lora;

    /** Opens the model's weights a second time, for training: f32, or bf16 where this machine multiplies it fast. */
    public Sft(CausalLm lm, SftConfig config) {
        this(lm, config, DType.AUTO);
    }

    /** @param dtype of the frozen base: f32, bf16 or auto */
    public Sft(CausalLm lm, SftConfig config, DType dtype) {
        this.lm = lm;
        this.config = config;
        this.decoder = TrainableDecoder.open(lm.origin().toString(), dtype);
        this.lora = Lora.create(decoder, config.lora(), config.seed());
    }

    /** Makes examples in the model's chat template. */
    public Labels labels() {
        return labels(lm);
    }

    static Labels labels(CausalLm lm) {
        return new Labels(
                lm.tokenizer(),
                lm.chatTemplate()
                        .orElseThrow(
                                () -> new BadInputException(
                                        lm.origin()
                                                + " has no chat template; make examples with Labels.completion, or use another model.")));
    }

    /** Learns the examples and reads the adapter beside the model from then on. A second call goes on from there. */
    public History train(List<Example> examples) {
        int pad = pad(lm);
        int accumulation = config.train().accumulation();
        lm.decoder().adapt(null); // samples and predictions are the base's
        SftTask task = new SftTask(
                decoder,
                lora::adapter,
                Batches.padded(examples, config.batch(), config.maxTokens(), pad, config.seed()),
                accumulation);
        Rehearsal r = config.rehearsal();
        if (r != null) {
            List<Example> samples = BaseSamples.text(lm, r.samples(), r.tokens(), config.seed());
            task = task.withReplay(new Replay(decoder, samples, r.rows(), pad, config.seed()), r.weight());
        }
        History history = new Trainer(lora, config.train()).run(task);
        lm.decoder().adapt(lora.adapter());
        return history;
    }

    static int pad(CausalLm lm) {
        return lm.defaults().pad().orElse(0);
    }

    /** What was learned, to save or to merge. */
    public Lora lora() {
        return lora;
    }

    @Override
    public void close() {
        lm.decoder().adapt(null);
        lora.close();
        decoder.close();
    }
}
