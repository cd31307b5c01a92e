package dev.engram.model.engine;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * TorchScript text from the class path, made into a module archive in memory. The archive is what {@code torch.jit.load}
 * reads: a pickled empty module, the code, no constants.
 */
final class TorchScript {
    private static final String FOLDER = "/dev/engram/model/";
    /** Pickle of an object of class __torch__.K with the attribute training = False. */
    private static final byte[] MODULE = pickle();

    private final StringBuilder methods = new StringBuilder();

    /** Adds the functions of a resource (of the decoder's folder, or absolute), every whole word that is a key replaced by its value. */
    TorchScript add(String resource, Map<String, String> words) {
        String text = read(resource);
        for (Map.Entry<String, String> word : words.entrySet()) {
            text = Pattern.compile("\\b" + word.getKey() + "\\b").matcher(text).replaceAll(word.getValue());
        }
        methods.append(text).append("\n\n");
        return this;
    }

    /** The archive's bytes. */
    byte[] archive() {
        StringBuilder code =
                new StringBuilder("class K(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n");
        for (String line : methods.toString().split("\n")) {
            boolean comment = line.stripLeading().startsWith("#");
            code.append(comment || line.isBlank() ? "" : "  " + line).append('\n');
        }
        String typed =
                code.toString().replace("(self,", "(self: __torch__.K,").replace("(self)", "(self: __torch__.K)");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            entry(zip, "k/data.pkl", MODULE);
            entry(zip, "k/code/__torch__.py", typed.getBytes(StandardCharsets.UTF_8));
            entry(zip, "k/constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
            entry(zip, "k/version", "3\n".getBytes(StandardCharsets.US_ASCII));
            entry(zip, "k/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void entry(ZipOutputStream zip, String name, byte[] data) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(data);
        ZipEntry e = new ZipEntry(name);
        e.setMethod(ZipEntry.STORED);
        e.setSize(data.length);
        e.setCrc(crc.getValue());
        zip.putNextEntry(e);
        zip.write(data);
        zip.closeEntry();
    }

    private static String read(String resource) {
        try (InputStream in =
                TorchScript.class.getResourceAsStream(resource.startsWith("/") ? resource : FOLDER + resource)) {
            if (in == null) {
                throw new IllegalStateException("kernel text " + resource + " is missing from the jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] pickle() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {(byte) 0x80, 2});
        out.writeBytes("c__torch__\nK\nq".getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(new byte[] {0, ')', (byte) 0x81, '}', '(', 'X', 8, 0, 0, 0});
        out.writeBytes("trainingq".getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(new byte[] {1, (byte) 0x89});
        out.writeBytes("ubq".getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(new byte[] {2, '.'});
        return out.toByteArray();
    }
}
