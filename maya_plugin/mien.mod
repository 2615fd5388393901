+ MAYAVERSION:$version PLATFORM:$platform mien $mien ./mien
PYTHONPATH+:=scripts
$site_packages
