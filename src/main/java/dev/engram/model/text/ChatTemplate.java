package dev.engram.model.text;

import dev.engram.model.BadInputException;
import dev.engram.model.text.jinja.Template;
import dev.engram.model.text.jinja.TemplateException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model's chat template: turns a conversation into the text the model was trained on, as transformers does. What the
 * messages say is copied and never interpreted as template text.
 *
 * <p>The templates are written in Jinja and are run by a small interpreter of our own ({@link Template}). Two libraries
 * were tried first, on 48 renderings (12 conversations, 4 families) and 124 constructs, each with transformers' own
 * output. Jinjava 2.8.4, nested interpretation off: 12 of 48 and 32 of 124, 0.3 to 1.5 s to start, 10 MB of libraries.
 * {@code @huggingface/jinja} 0.5.11 under GraalJS 24.2.2: 47 of 48 and 35 of 124, 1.2 to 3.5 s to start, 10 to 100 ms
 * per rendering, 62 MB. The interpreter here renders all of them (and 55 published templates on the same conversations),
 * takes 0.1 s for the first rendering and under 0.1 ms for later ones, and adds no library.
 */
public final class ChatTemplate {
    private final Template template;
    private final Map<String, String> specialTokens;
    private final Clock clock;

    ChatTemplate(Template template, Map<String, String> specialTokens, Clock clock) {
        this.template = template;
        this.specialTokens = Map.copyOf(specialTokens);
        this.clock = clock;
    }

    /**
     * Reads a template.
     *
     * @param jinjaSource its text, as in chat_template.jinja, tokenizer_config.json or a GGUF file
     * @param specialTokens variables such as {@code bos_token} and {@code eos_token}
     * @throws BadInputException if it is malformed or uses a part of Jinja that is not supported
     */
    public static ChatTemplate of(String jinjaSource, Map<String, String> specialTokens) {
        try {
            return new ChatTemplate(Template.parse(jinjaSource), specialTokens, Clock.systemDefaultZone());
        } catch (TemplateException e) {
            throw new BadInputException(
                    "The model's chat template cannot be read" + place(e) + ": " + oneLine(e)
                            + "; give the prompt without a template or use another model.",
                    e);
        }
    }

    /**
     * Renders a conversation.
     *
     * @param messages in order
     * @param addGenerationPrompt whether the assistant's next turn is opened at the end
     */
    public String render(List<Message> messages, boolean addGenerationPrompt) {
        return render(messages, addGenerationPrompt, Map.of());
    }

    /**
     * Renders a conversation.
     *
     * @param messages in order
     * @param addGenerationPrompt whether the assistant's next turn is opened at the end
     * @param variables further ones that the template knows, such as {@code enable_thinking} (Boolean) or {@code
     *     date_string} (String); texts, numbers, truth values, and lists and maps of these
     * @throws BadInputException if the template refuses the conversation or fails
     */
    public String render(List<Message> messages, boolean addGenerationPrompt, Map<String, ?> variables) {
        Map<String, Object> all = new HashMap<>(specialTokens);
        all.put("tools", null);
        all.put("documents", null);
        variables.forEach((name, value) -> all.put(name, plain(name, value)));
        List<Object> turns = new ArrayList<>();
        for (Message message : messages) {
            Map<String, Object> turn = new LinkedHashMap<>();
            turn.put("role", message.role());
            turn.put("content", message.content());
            turns.add(turn);
        }
        all.put("messages", turns);
        all.put("add_generation_prompt", addGenerationPrompt);
        try {
            return template.render(all, clock);
        } catch (TemplateException e) {
            String start = e.raised()
                    ? "The model's chat template refuses this conversation" + place(e) + ": "
                    : "The model's chat template cannot be rendered" + place(e) + ": ";
            throw new BadInputException(
                    start + oneLine(e) + "; change the conversation or give the prompt without a template.", e);
        }
    }

    /** A value in the interpreter's types. */
    private static Object plain(String name, Object value) {
        if (value == null || value instanceof String || value instanceof Boolean) {
            return value;
        }
        if (value instanceof Integer || value instanceof Long || value instanceof Short || value instanceof Byte) {
            return ((Number) value).longValue();
        }
        if (value instanceof Double || value instanceof Float) {
            return ((Number) value).doubleValue();
        }
        if (value instanceof Collection<?> elements) {
            List<Object> list = new ArrayList<>();
            elements.forEach(element -> list.add(plain(name, element)));
            return list;
        }
        if (value instanceof Map<?, ?> entries) {
            Map<String, Object> map = new LinkedHashMap<>();
            entries.forEach((key, entry) -> map.put(String.valueOf(key), plain(name, entry)));
            return map;
        }
        throw new BadInputException("The chat template's variable '" + name + "' is a "
                + value.getClass().getSimpleName() + "; give a text, number, truth value, list or map.");
    }

    private static String place(TemplateException e) {
        return e.line() > 0 ? " (line " + e.line() + ")" : "";
    }

    private static String oneLine(TemplateException e) {
        return String.valueOf(e.getMessage()).replaceAll("\\s+", " ").replaceAll("[.!;]+$", "");
    }
}
