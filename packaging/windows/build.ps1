# Makes the installer for Windows. Needs Python 3.11 to 3.13, the C++ build tools of Visual Studio (one library comes as
# source) and Inno Setup 6. Run in the root of the checkout: powershell -File packaging\windows\build.ps1
$ErrorActionPreference = "Stop"
function Run { & $args[0] @($args | Select-Object -Skip 1); if ($LASTEXITCODE -ne 0) { throw "$($args -join ' ') failed" } }

$python = ".venv-package\Scripts\python.exe"
if (-not (Test-Path $python)) { Run py -3 -m venv .venv-package }
Run $python -m pip install -q packaging
& $python packaging\package_requirements.py | Out-File -Encoding ascii .venv-package\requirements.txt
$env:HNSWLIB_NO_NATIVE = "1"
Run $python -m pip install -q --no-cache-dir --no-deps --no-binary hnswlib hnswlib
Run $python -m pip install -q -r .venv-package\requirements.txt
Run $python packaging\package.py

$version = & $python -c "from engine.version import VERSION; print(VERSION)"
Run "dist\reelfind\reelfind.exe" --version
Run "${env:ProgramFiles(x86)}\Inno Setup 6\iscc.exe" "/DVersion=$version" packaging\windows\reelfind.iss
# To be trusted by Windows the installer, and both programs before it is made, have to be signed: signtool sign /fd SHA256 ...
