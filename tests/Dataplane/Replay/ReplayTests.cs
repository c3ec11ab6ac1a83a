using System.Text.Json;
using OppTel.Wire;

namespace OppTel.Dataplane.Tests.Replay;

/// <summary>What <c>replay</c> makes of captures whose every frame is known.</summary>
public sealed class ReplayTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();
    private readonly Random random = new(5);

    public void Dispose() => directory.Dispose();

    [Fact]
    public void AKnownCaptureGivesExactlyThisObject()
    {
        byte[] plain = Frames.Ipv4(80, random);
        byte[] broken = Carrier(plain, 3, 99);
        broken[^20] ^= 4;
        byte[][] frames =
        [
            plain,
            Carrier(plain, 3, 10, [new ValueRecord(5, 0xFFFF_FFFF_FFFF)]),
            Carrier(plain, 3, 11, [], [new SampleRecord(6, 0, 1500, ulong.MaxValue)]),
            Carrier(plain, 3, 13),
            Carrier(plain, 3, 12),
            Carrier(plain, 3, 12),
            broken,
            Carrier(plain, 3, 15),
            Carrier(Frames.Arp(random), 0, 0xFFFF_FFFF, [new ValueRecord(1, 2), new ValueRecord(3, 4)]),
            Carrier(Frames.Control(ControlKind.Heartbeat, 0, random), 0, 0),
            Frames.Control(ControlKind.Catalog, 30, random),
            Frames.Control(ControlKind.Catalog, 30, random, toGroup: false),
        ];
        byte[][] leaving = [.. frames[..9].Select((frame, index) => index is 0 or 6 ? frame : frame[..^Cut(frame)]), frames[11]];
        CaptureFile input = new();
        foreach (byte[] frame in frames)
            input.Add(frame);
        _ = input.Add(frames[1][..60], length: (uint)frames[1].Length);
        File.WriteAllBytes(directory["in.pcap"], input.Bytes);

        (int code, string output, string errors) = ReplayProgram.Run(directory["in.pcap"], "--stripped", directory["out.pcap"], "--json");

        Assert.Equal((0, ""), (code, errors));
        Assert.Equal(
            """
            {"records":[
            {"frame":1,"stream":3,"sequence":10,"time_ns":10000,"slot":5,"value":281474976710655},
            {"frame":2,"stream":3,"sequence":11,"time_ns":11000,"slot":6,"value":18446744073709551615,"age_ns":1500},
            {"frame":8,"stream":0,"sequence":4294967295,"time_ns":4294967295000,"slot":1,"value":2},
            {"frame":8,"stream":0,"sequence":4294967295,"time_ns":4294967295000,"slot":3,"value":4}],
            "packets":13,"carriers":8,"rejected":{"bad_checksum":1,"captured_short":1},"streams":[
            {"stream":0,"epoch":7,"received":2,"lost":0,"duplicate":0,"reordered":0},
            {"stream":3,"epoch":7,"received":6,"lost":1,"duplicate":1,"reordered":1}]}

            """.ReplaceLineEndings("") + "\n",
            output);
        CaptureFile expected = new();
        foreach (byte[] frame in leaving)
            expected.Add(frame);
        _ = expected.Add(frames[1][..60], length: (uint)frames[1].Length);
        Assert.Equal(expected.Bytes, File.ReadAllBytes(directory["out.pcap"]));
    }

    [Theory]
    [InlineData(false, 0xA1B2C3D4)]
    [InlineData(false, 0xA1B23C4D)]
    [InlineData(true, 0xA1B2C3D4)]
    [InlineData(true, 0xA1B23C4D)]
    public void ByteOrderPrecisionTimesAndLengthsSurvive(bool bigEndian, uint magic)
    {
        byte[] plain = Frames.Ipv6(100, random);
        byte[] carrier = Carrier(plain, 1, 1);
        // The snap length is too small and a fraction is more than a second: malformed files keep their faults.
        CaptureFile input = new(bigEndian, magic, snapLength: 40);
        CaptureFile expected = new(bigEndian, magic, snapLength: 40);
        input.Add(carrier, 1_700_000_000, 999_999).Add(carrier, uint.MaxValue, uint.MaxValue).Add(carrier[..50], 7, 8, (uint)carrier.Length);
        expected.Add(plain, 1_700_000_000, 999_999).Add(plain, uint.MaxValue, uint.MaxValue).Add(carrier[..50], 7, 8, (uint)carrier.Length);
        File.WriteAllBytes(directory["in.pcap"], input.Bytes);
        (int code, string output, _) = ReplayProgram.Run(directory["in.pcap"], "--stripped", directory["out.pcap"]);
        Assert.Equal(0, code);
        Assert.Contains("carriers  2\n", output);
        Assert.Equal(expected.Bytes, File.ReadAllBytes(directory["out.pcap"]));
    }

    [Fact]
    public void PcapNgIsReadInNanoseconds()
    {
        byte[] plain = Frames.Ipv4(61, random);
        File.WriteAllBytes(directory["in.pcapng"], CaptureFile.PcapNg([(Carrier(plain, 1, 1), 1_700_000_000_123_456_789)]));
        (int code, string output, string errors) = ReplayProgram.Run(directory["in.pcapng"], "--stripped", directory["out.pcap"], "--json");
        Assert.Equal((0, ""), (code, errors));
        Assert.Equal(1, JsonDocument.Parse(output).RootElement.GetProperty("carriers").GetInt32());
        byte[] expected = new CaptureFile().Add(plain, 1_700_000_000, 123_456_789).Bytes;
        Assert.Equal(expected[24..], File.ReadAllBytes(directory["out.pcap"])[24..]);
    }

    [Fact]
    public void OtherLinkTypesPassUntouched()
    {
        const uint rawIp = 101;
        byte[] input = new CaptureFile(linkType: rawIp).Add(Carrier(Frames.Ipv4(80, random), 1, 1)).Bytes;
        File.WriteAllBytes(directory["in.pcap"], input);
        (_, string output, _) = ReplayProgram.Run(directory["in.pcap"], "--stripped", directory["out.pcap"], "--json");
        Assert.Equal("""{"records":[],"packets":1,"carriers":0,"rejected":{"not_ethernet":1},"streams":[]}""" + "\n", output);
        Assert.Equal(input, File.ReadAllBytes(directory["out.pcap"]));
    }

    [Fact]
    public void WhatCannotBeReadOrWrittenHasItsExitCodeAndSaysWhy()
    {
        byte[] whole = new CaptureFile().Add(Frames.Ipv4(80, random)).Add(Frames.Ipv4(90, random)).Bytes;
        File.WriteAllBytes(directory["whole.pcap"], whole);
        File.WriteAllBytes(directory["broken.pcap"], whole[..^1]);
        File.WriteAllBytes(directory["header.pcap"], whole[..^95]);
        File.WriteAllBytes(directory["huge.pcap"], [.. whole[..24], .. Enumerable.Repeat((byte)0xFF, 16)]);
        File.WriteAllText(directory["text"], "this is no capture, however long it may go on");
        File.WriteAllText(directory["empty"], "");

        AssertFails(65, "no such file", "missing.pcap", "Could not find file");
        AssertFails(65, "an empty file", "empty", "truncated");
        AssertFails(65, "a text", "text", "unknown file format");
        AssertFails(65, "a frame cut short", "broken.pcap", "breaks off inside a frame of 90 bytes; 1 frames before that were replayed");
        AssertFails(65, "a record header cut short", "header.pcap", "breaks off inside a record header; 1 frames");
        AssertFails(65, "a length out of bounds", "huge.pcap", "a frame claims 4294967295 bytes");
        AssertFails(71, "an output that cannot be made", "whole.pcap", "/nowhere/out.pcap", "--stripped", "/nowhere/out.pcap");
        AssertFails(71, "an output without room", "whole.pcap", "No space left on device", "--stripped", "/dev/full");
        AssertFails(64, "the input as output", "whole.pcap", "name another file", "--stripped", directory["whole.pcap"]);
        Assert.Equal(whole, File.ReadAllBytes(directory["whole.pcap"]));
        Assert.Equal(64, ReplayProgram.Run().Code);
    }

    [Fact]
    public void WhatComesBeforeAFaultIsReportedAndWritten()
    {
        byte[] whole = new CaptureFile().Add(Frames.Ipv4(80, random)).Bytes;
        File.WriteAllBytes(directory["in.pcap"], [.. whole, 1]);
        (int code, string output, _) = ReplayProgram.Run(directory["in.pcap"], "--stripped", directory["out.pcap"], "--json");
        Assert.Equal(65, code);
        Assert.Equal(1, JsonDocument.Parse(output).RootElement.GetProperty("packets").GetInt32());
        Assert.Equal(whole, File.ReadAllBytes(directory["out.pcap"]));
    }

    private void AssertFails(int expected, string what, string file, string reason, params string[] options)
    {
        (int code, _, string errors) = ReplayProgram.Run([directory[file], .. options]);
        Assert.True(code == expected, $"{what}: exit code {code}, {errors}");
        Assert.Contains(reason, errors);
        Assert.Contains(options.Length == 0 ? directory[file] : options[^1], errors);
        Assert.Single(errors.TrimEnd('\n').Split('\n'));
    }

    private static byte[] Carrier(
        byte[] frame, ushort stream, uint sequence, ValueRecord[]? values = null, SampleRecord[]? samples = null)
    {
        values ??= [];
        samples ??= [];
        Footer footer = Footer.Create(
            sequence * 1000ul, stream, sequence, 7, (byte)values.Length, (byte)samples.Length, TrailerFlags.None, 0);
        byte[] trailer = new byte[footer.Length];
        TrailerWriter.Write(trailer, footer, values, samples);
        return [.. frame, .. trailer];
    }

    private static int Cut(byte[] frame) => frame[^4] + (frame[^3] << 8);
}
