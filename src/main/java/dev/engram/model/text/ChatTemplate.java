package dev.engram.model.text;

import java.util.*;

public final class ChatTemplate {
    public static ChatTemplate of(String s, Map<String, String> t) {
        return new ChatTemplate();
    }

    public String render(List<Message> m, boolean g) {
        StringBuilder b = new StringBuilder();
        if (!m.get(0).role().equals("system"))
            b.append(
                    "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n");
        for (Message x : m) b.append("<|im_start|>" + x.role() + "\n" + x.content() + "<|im_end|>\n");
        if (g) b.append("<|im_start|>assistant\n");
        return b.toString();
    }
}
