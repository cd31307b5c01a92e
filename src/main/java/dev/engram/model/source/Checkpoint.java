package dev.engram.model.source;

import dev.engram.model.LmConfig;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * A model's files, opened and checked: configuration, tensors, tokenizer, chat template. Tensors carry Hugging Face names
 * ({@code model.layers.0.self_attn.q_proj.weight}) and logical shapes ([out, in] for a linear), whatever the file calls them;
 * q and k rows stand in Hugging Face order, so that rotary pairs are (i, i + headDim/2).
 */
public interface Checkpoint extends AutoCloseable {

    LmConfig config();

    GenerationDefaults generationDefaults();

    /** Hugging Face names of all tensors the configuration asks for; a tied head is not among them. */
    Set<String> names();

    /** The tensor's bytes as stored; throws {@link dev.engram.model.BadInputException} for an unknown name. */
    StoredTensor tensor(String name);

    /** Text of a tokenizer.json, read or made from the file's metadata. */
    String tokenizerJson();

    /** Jinja source of the chat template, where the model has one. */
    Optional<String> chatTemplate();

    /** The file or folder it was opened from. */
    Path origin();

    /** Releases the mapped files; tensors handed out before must not be used afterwards. */
    @Override
    void close();
}
