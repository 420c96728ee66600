# UNTESTED: the Windows twin of packaging/setup.sh, loaded by run.ps1 and test.ps1. Windows brings all that Qt needs.
# There is no --cpu: on Windows the torch of the default index is already the one without CUDA.

$root = Split-Path -Parent $PSScriptRoot

function Find-Python {
    foreach ($candidate in @(@("py", "-3.11"), @("py", "-3.12"), @("py", "-3.13"), @("python"))) {
        if (-not (Get-Command $candidate[0] -ErrorAction SilentlyContinue)) { continue }
        $rest = @($candidate | Select-Object -Skip 1)
        & $candidate[0] @rest -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>$null
        if ($LASTEXITCODE -eq 0) { return , $candidate }
    }
    throw "This program needs Python 3.11 or newer, and none was found. See https://www.python.org/downloads/"
}

function Install-Environment([string]$Extra) {
    $python = "$root\.venv\Scripts\python.exe"
    $stamp = "$root\.venv\made-for-$Extra"
    $hashes = Get-FileHash "$root\pyproject.toml", "$root\packaging\constraints.txt" | ForEach-Object { $_.Hash }
    $wish = "$Extra $root $hashes"
    if ((Test-Path $stamp) -and ((Get-Content $stamp) -eq $wish)) { return $python }
    if (-not (Test-Path $python)) {
        $base = Find-Python
        $rest = @($base | Select-Object -Skip 1)
        & $base[0] @rest -m venv "$root\.venv" | Out-Host
    }
    $target = if ($Extra -eq "test") { "$root[test]" } else { $root }
    Write-Host "Installing what the program needs; the first time this takes minutes and some 2 GB of disc."
    & $python -m pip install --disable-pip-version-check --constraint "$root\packaging\constraints.txt" --editable $target | Out-Host
    if ($LASTEXITCODE -ne 0) { throw "The installation failed; what pip said stands above." }
    Set-Content $stamp $wish
    return $python
}
