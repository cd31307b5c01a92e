package dev.engram.train;

import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.text.Message;
import java.util.ArrayList;
import java.util.List;

/**
 * Direct preference optimisation of an open model with LoRA, ready to use. The reference is the model as it was opened. To start
 * from a fine-tuned model, merge its adapter first ({@link Lora#merged}) and open the result.
 *
 * <pre>{@code
 * try (Dpo dpo = new Dpo(lm, DpoConfig.of(100))) {
 *     dpo.train(List.of(dpo.pair(List.of(Message.user("Who is Ann?")), "A pilot.", "A baker.")));
 * }
 * }</pre>
 */
public final class Dpo implements AutoCloseable {
    private final CausalLm lm;
    private final DpoConfig config;
    private final TrainableDecoder decoder;
    private final Lora lora;
    private double[] rewards = new double[0];

    /** Opens the model's weights a second time, for training: f32, or bf16 where this machine multiplies it fast. */
    public Dpo(CausalLm lm, DpoConfig config) {
        this(lm, config, DType.AUTO);
    }

    /** @param dtype of the frozen base: f32, bf16 or auto */
    public Dpo(CausalLm lm, DpoConfig config, DType dtype) {
        this.lm = lm;
        this.config = config;
        this.decoder = TrainableDecoder.open(lm.origin().toString(), dtype);
        this.lora = Lora.create(decoder, config.lora(), config.seed());
    }

    /** Two answers to one conversation, in the model's chat template. */
    public DpoTask.Pair pair(List<Message> prompt, String chosen, String rejected) {
        return new DpoTask.Pair(answered(prompt, chosen), answered(prompt, rejected));
    }

    /** Only the last turn is compared; what the assistant said before is given. */
    private Example answered(List<Message> prompt, String answer) {
        List<Message> all = new ArrayList<>(prompt);
        all.add(Message.assistant(answer));
        Example whole = Sft.labels(lm).assistantOnly(all);
        int given = lm.tokenizer().encode(lm.prompt(prompt)).length;
        int[] labels = whole.labels().clone();
        java.util.Arrays.fill(labels, 0, given, Labels.IGNORE);
        return new Example(whole.ids(), labels);
    }

    /** Learns the preferences and reads the adapter beside the model from then on. */
    public History train(List<DpoTask.Pair> pairs) {
        DpoTask task = new DpoTask(
                decoder,
                lora::adapter,
                pairs,
                config.batch(),
                config.train().accumulation(),
                config.beta(),
                Sft.pad(lm),
                config.seed());
        History history = new Trainer(lora, config.train()).run(task);
        rewards = task.rewards();
        lm.decoder().adapt(lora.adapter());
        return history;
    }

    /** Implicit reward margins of the pairs of the last training, after it; positive where the chosen answer is preferred. */
    public double[] rewards() {
        return rewards.clone();
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
