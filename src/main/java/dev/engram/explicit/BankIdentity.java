package dev.engram.explicit;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import dev.engram.model.BadInputException;
import dev.engram.model.LmConfig;
import dev.engram.report.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/**
 * What the memories of a bank have in common; bank.json holds it.
 *
 * @param format of the files
 * @param weights fingerprint of the weights that wrote them, adapters included
 * @param choice layers that hold something, by name
 * @param tokens kept of each reference, as {@link WriteConfig#tokens}
 * @param rule that chose them
 * @param maxTokens of a reference
 * @param layers the model's layers that hold something
 * @param codec of the memories, by name and by checksum of its files; null where numbers are stored as they are
 */
record BankIdentity(
        String format,
        String weights,
        String choice,
        int tokens,
        String rule,
        int maxTokens,
        int[] layers,
        int kvHeads,
        int headDim,
        String codec) {
    private static final String FORMAT = "engram reference bank 1";
    private static final String FILE = "bank.json";
    private static final Gson JSON = new GsonBuilder().setPrettyPrinting().create();

    /** Of what a model and a configuration write. */
    static BankIdentity of(String weights, LmConfig model, WriteConfig config) {
        return new BankIdentity(
                FORMAT,
                weights,
                config.layers().key(),
                config.tokens(),
                config.selector().name(),
                config.maxTokens(),
                config.layers().of(model.layers()),
                model.kvHeads(),
                model.headDim(),
                null);
    }

    BankIdentity withCodec(String name) {
        return new BankIdentity(format, weights, choice, tokens, rule, maxTokens, layers, kvHeads, headDim, name);
    }

    /** A memory of zeros with these positions; null if they are not as many for each layer and head. */
    ExplicitMemory empty(int[] positions) {
        return positions.length % (layers.length * kvHeads) != 0
                ? null
                : new ExplicitMemory(
                        layers,
                        kvHeads,
                        headDim,
                        positions,
                        new float[positions.length * headDim],
                        new float[positions.length * headDim]);
    }

    static boolean present(Path folder) {
        return Files.isRegularFile(folder.resolve(FILE));
    }

    static BankIdentity read(Path folder) {
        Path file = folder.resolve(FILE);
        try {
            BankIdentity found = JSON.fromJson(Files.readString(file), BankIdentity.class);
            if (found == null || !FORMAT.equals(found.format) || found.layers == null || found.kvHeads < 1) {
                throw new BadInputException(file + " is no " + FORMAT + "; give the folder of a bank.");
            }
            return found;
        } catch (IOException e) {
            throw new BadInputException(
                    folder + " holds no bank of references (" + FILE + " is missing); write one there first.", e);
        } catch (JsonParseException e) {
            throw new BadInputException(file + " is damaged: it is no JSON; write the bank again.", e);
        }
    }

    /** How its memories are written. */
    WriteConfig config() {
        return new WriteConfig(LayerChoice.named(choice), tokens, TokenSelectors.named(rule, 0), maxTokens);
    }

    private String writing() {
        return choice + ", " + (tokens == WriteConfig.ALL_TOKENS ? "all tokens" : tokens + " tokens by " + rule)
                + ", at most " + maxTokens;
    }

    void write(Path folder) {
        AtomicFile.write(folder.resolve(FILE), JSON.toJson(this) + "\n");
    }

    /** Refuses memories that other weights, or another way of writing, have made. */
    void require(BankIdentity other, Path folder) {
        if (!Objects.equals(weights, other.weights)) {
            throw new BadInputException("The memories in " + folder + " were written by the weights " + weights
                    + ", but the model has " + other.weights
                    + " now; open them with the model and adapters that wrote them, or write the references again.");
        }
        if (!writing().equals(other.writing()) || !Arrays.equals(layers, other.layers)) {
            throw new BadInputException(
                    "The memories in " + folder + " were written with '" + writing() + "', not with '" + other.writing()
                            + "'; ask for the former, or write them again into another folder.");
        }
    }
}
