using OppTel.Bpf;

namespace OppTel.Host.Tests.Bpf;

public sealed class LayoutTests
{
    [Fact]
    public void TheSharedLayoutsAgreeWithTheObject()
    {
        using BpfObject bpf = BpfObject.Open(KernelFixture.ObjectPath);
        Assert.Empty(LayoutCheck.FindDifferences(bpf.Btf()));
    }
}
