package dev.engram.recall;

import ai.djl.ndarray.NDManager;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.TokenRows;
import dev.engram.model.source.TensorType;
import dev.engram.report.AtomicFile;
import dev.engram.train.Lora;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A trained recall model on disk: the adapter in PEFT's layout, tokens.safetensors, head.json, and the bank. Opening it gives a model
 * that recalls.
 */
public final class RecallFolder implements AutoCloseable {
    private static final String HEAD = "head.json";
    private static final String TOKENS = "tokens.safetensors";
    private static final String BANK = "bank";
    private static final Gson JSON = new GsonBuilder().setPrettyPrinting().create();

    /** What the head learned, and how vectors are injected. */
    private record Head(MemoryHeadConfig config, float[] nothing, double injectionScale, double recallBias) {}

    private final CausalLm lm;
    private final Lora lora;
    private final RecallModel model;

    /** Everything a folder holds; the arrays belong to the manager it was read with. */
    record Saved(
            Lora lora,
            TokenRows rows,
            MemoryBank bank,
            MemoryHeadConfig config,
            float[] nothing,
            RecallSettings settings) {
        static Saved read(NDManager manager, CausalLm lm, Path folder) {
            Head head = head(folder.resolve(HEAD));
            MemoryBank bank = MemoryBank.load(
                    folder.resolve(BANK),
                    lm.decoder().backend().fingerprint(),
                    lm.config().hidden());
            Lora lora = Lora.load(manager, lm.config(), folder);
            TokenRows rows = TokenRows.load(lora.manager(), folder.resolve(TOKENS));
            RecallSettings settings = RecallSettings.defaults()
                    .withInjectionScale(head.injectionScale())
                    .withRecallBias(head.recallBias());
            return new Saved(lora, rows, bank, head.config(), head.nothing(), settings);
        }
    }

    private RecallFolder(CausalLm lm, Lora lora, RecallModel model) {
        this.lm = lm;
        this.lora = lora;
        this.model = model;
    }

    static void save(
            Path folder,
            Lora lora,
            TensorType type,
            TokenRows rows,
            HeadParameters head,
            MemoryBank bank,
            RecallSettings settings,
            MemoryHeadConfig config) {
        lora.save(folder, "SmolLM2-135M-Instruct", type);
        rows.save(folder.resolve(TOKENS));
        bank.save(folder.resolve(BANK));
        Head written =
                new Head(config, head.nothing().toFloatArray(), settings.injectionScale(), settings.recallBias());
        AtomicFile.write(folder.resolve(HEAD), JSON.toJson(written) + "\n");
    }

    /**
     * Extends a model by what the folder holds.
     *
     * @param lm the model it was trained on; stays the caller's, and is as before after {@link #close}
     */
    public static RecallFolder open(CausalLm lm, Path folder) {
        Saved saved = Saved.read(lm.decoder().newScope(), lm, folder);
        lm.extend(saved.rows());
        lm.decoder().adapt(saved.lora().adapter());
        MemoryHead memories =
                new MemoryHead(lm.decoder().backend().manager(), saved.bank(), saved.config(), saved.nothing());
        return new RecallFolder(lm, saved.lora(), new RecallModel(lm, memories, saved.settings()));
    }

    private static Head head(Path file) {
        try {
            Head head = JSON.fromJson(Files.readString(file), Head.class);
            if (head != null && head.config() != null) {
                return head;
            }
            throw new BadInputException(file + " is empty; restore it from the run that wrote it.");
        } catch (IOException | JsonParseException e) {
            throw new BadInputException(
                    file + " cannot be read as the memory head's settings (" + e.getMessage()
                            + "); restore it from the run that wrote it.",
                    e);
        }
    }

    /** The model that recalls. */
    public RecallModel model() {
        return model;
    }

    @Override
    public void close() {
        model.close();
        lm.decoder().adapt(null);
        lm.extend(null);
        lora.close();
    }
}
